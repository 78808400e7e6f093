import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';

/** `demo`: the whole product against the simulator, without an account. */
export function addDemoCommand(program: Command, run: Run): void {
  program
    .command('demo')
    .description(
      'embedded Postgres, simulator, one sync with faults in it, status and a query; needs no account',
    )
    .addHelpText('after', examples('demo'))
    .action(() =>
      run(async (context) => {
        const { runDemo } = await import('../demo/demo.ts');
        return runDemo(context);
      }),
    );
}
