import { atLeast, define } from '../command.ts';
import { eachByStopping, stopFlags } from './stopping.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: stopFlags,
  arity: atLeast(1),
  names: 'running',
  examples: [['Allow half a minute', 'gantry stop -t 30 db']],
  run: (invocation) => eachByStopping('stop', invocation),
});
