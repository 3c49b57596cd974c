use Mojo::Base -strict, -signatures;
use Mojo::IOLoop;
use Mojo::UserAgent;
use Mojolicious;

if (grep { $_ eq '--version' } @ARGV) {
  print Mojolicious->VERSION, "\n";
  exit;
}

my $base = $ARGV[0];
my $agent = Mojo::UserAgent->new(inactivity_timeout => 120);
my ($next, $count, $working) = (1, 0, 4);

sub work (@) {
  if ($next > $count) {
    Mojo::IOLoop->stop if --$working == 0;
    return;
  }
  my $url = "$base/runCase?case=" . $next++ . '&agent=mojolicious';
  my $transaction = $agent->build_websocket_tx($url, {'Sec-WebSocket-Extensions' => 'permessage-deflate'});
  $agent->start($transaction, sub ($agent, $tx) {
    return Mojo::IOLoop->next_tick(\&work) unless $tx->is_websocket;
    $tx->max_websocket_size(64 * 1024 * 1024);
    $tx->on(text => sub ($tx, $bytes) { $tx->send({text => $bytes}) });
    $tx->on(binary => sub ($tx, $bytes) { $tx->send({binary => $bytes}) });
    $tx->on(finish => sub { Mojo::IOLoop->next_tick(\&work) });
  });
}

$agent->websocket("$base/getCaseCount" => sub ($agent, $tx) {
  $tx->on(message => sub ($tx, $text) {
    $count = $text;
    work() for 1 .. $working;
  });
});
Mojo::IOLoop->start;
