/** The `pushwire` command: finds the subcommand and runs it. */

import { UsageError } from './commands/arguments/usage-error.ts';
import { printable } from './terminal/printable.ts';
import { version } from './version.ts';

interface Command {
  readonly summary: string;
  /** Loads the command, so that it starts without the code of the others. */
  load(): Promise<Run>;
}

/** Resolves when the command is done or, for a server, when it is running. */
type Run = (commandArguments: readonly string[]) => Promise<void>;

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    summary: 'Serve a demo page, and endpoints for trying out clients',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  connect: {
    summary: 'Open a WebSocket and exchange messages, by hand or in a pipe',
    load: async () => (await import('./commands/connect.ts')).connect,
  },
  listen: {
    summary: 'Print the events of an event stream',
    load: async () => (await import('./commands/listen.ts')).listen,
  },
  conform: {
    summary: 'Test a server, a client or a browser against the standards',
    load: async () => (await import('./commands/conform.ts')).conform,
  },
  compare: {
    summary: 'Measure WebSocket and event stream side by side',
    load: async () => (await import('./commands/compare.ts')).compare,
  },
};

const HELP = `Usage: pushwire <command> [options]

Try out, test and measure WebSocket and Server-Sent Events.

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(15)}${summary}`)
  .join('\n')}

Options:
  -h, --help     Show this help
  -v, --version  Show the version

Run "pushwire <command> --help" to see the options of a command.
Run "npx pushwire-cli <command>" to use pushwire without installing it.
`;

/** Milliseconds in which a failed command ends what it has begun. */
const TIME_TO_END = 1_000;

async function main([name, ...rest]: readonly string[]): Promise<void> {
  if (name === '--version' || name === '-v') return console.log(version());
  // "help listen" is "listen --help".
  if (name === 'help' && rest[0] !== undefined) return main([rest[0], '--help']);
  if (name === '--help' || name === '-h' || name === 'help') return void process.stdout.write(HELP);
  if (name === undefined) throw new UsageError(`Missing command\n\n${HELP}`);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new UsageError(`Unknown ${name.startsWith('-') ? 'option' : 'command'} "${name}"\n\n${HELP}`);
  }
  const run = await command.load();
  await run(rest);
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`pushwire: ${printable(error.message.trimEnd())}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
  // A failed command may leave something open, such as a connection to an engine that does not answer. It must not keep the process
  // alive. If nothing does, the timer must not end a process that runs another command after this one.
  const end = setTimeout(() => process.exit(), TIME_TO_END).unref();
  process.once('beforeExit', () => clearTimeout(end));
});
