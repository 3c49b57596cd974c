/** The `pushwire` command: finds the subcommand and leaves the rest to it. */

import { UsageError } from './commands/arguments/usage-error.ts';
import { compare } from './commands/compare.ts';
import { conform } from './commands/conform.ts';
import { connect } from './commands/connect.ts';
import { listen } from './commands/listen.ts';
import { serve } from './commands/serve.ts';
import { version } from './version.ts';

interface Command {
  readonly summary: string;
  /** Resolves when the command has begun or is done; what keeps the process alive is its own. */
  run(commandArguments: readonly string[]): Promise<void>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  compare: { summary: 'Measure WebSocket and event stream side by side', run: compare },
  conform: { summary: 'Test whether a server, a client or a browser keeps the standards', run: conform },
  connect: { summary: 'Open a WebSocket, and send and receive by hand or in a pipe', run: connect },
  listen: { summary: 'Read an event stream', run: listen },
  serve: { summary: 'Serve a page that shows a WebSocket and an event stream side by side', run: serve },
};

const HELP = `pushwire: WebSocket and Server-Sent Events

Usage: pushwire <command> [options]

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
  .join('\n')}

pushwire <command> --help tells the options of a command; pushwire --version tells the version.
`;

async function main([name, ...rest]: readonly string[]): Promise<void> {
  if (name === '--version' || name === '-v') return console.log(version());
  if (name === '--help' || name === '-h' || name === 'help') return void process.stdout.write(HELP);
  if (name === undefined) throw new UsageError(`A command is missing.\n\n${HELP}`);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`There is no command "${name}".\n\n${HELP}`);
  await command.run(rest);
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`pushwire: ${error.message.trimEnd()}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
