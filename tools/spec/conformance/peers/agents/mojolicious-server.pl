use Mojolicious::Lite -signatures;
use Mojo::Server::Daemon;

if (grep { $_ eq '--version' } @ARGV) {
  print Mojolicious->VERSION, "\n";
  exit;
}

app->log->level('fatal');
websocket '/' => sub ($c) {
  $c->inactivity_timeout(120);
  # Its limit is 256 KiB by default.
  $c->tx->max_websocket_size(64 * 1024 * 1024);
  $c->tx->with_compression;
  $c->on(text => sub ($c, $bytes) { $c->send({text => $bytes}) });
  $c->on(binary => sub ($c, $bytes) { $c->send({binary => $bytes}) });
};

my $daemon = Mojo::Server::Daemon->new(app => app, listen => ['http://127.0.0.1:0'], silent => 1);
$daemon->start;
$| = 1;
print $daemon->ports->[0], "\n";
$daemon->run;
