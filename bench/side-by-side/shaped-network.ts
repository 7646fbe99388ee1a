import { execFileSync } from 'node:child_process';
import type { Command } from './measure.ts';

/** A network of this machine's own, in which what leaves for the sink is held to a rate. */
export interface ShapedNetwork {
  /** The address of the sink in it. */
  readonly host: string;
  readonly gigabitsPerSecond: number;
  within(command: Command): Command;
  close(): void;
}

export const HOST = '10.199.6.1';
const CLIENT = '10.199.6.2';

/** Needs root and the programs ip and tc. Throws when the kernel or a missing right refuses. */
export function openShapedNetwork(gigabitsPerSecond: number): ShapedNetwork {
  const name = `bench-${process.pid}`;
  const [outside, inside] = [`bo${process.pid}`, `bi${process.pid}`];
  const close = () => {
    // The pair of devices goes with its namespace.
    execute(`ip netns del ${name}`);
  };
  execute(`ip netns add ${name}`);
  try {
    execute(`ip link add ${outside} type veth peer name ${inside} netns ${name}`);
    execute(`ip addr add ${HOST}/30 dev ${outside}`);
    execute(`ip link set ${outside} up`);
    execute(`ip -n ${name} addr add ${CLIENT}/30 dev ${inside}`);
    execute(`ip -n ${name} link set ${inside} up`);
    execute(`ip -n ${name} link set lo up`);
    execute(`tc -n ${name} qdisc add dev ${inside} root tbf rate ${gigabitsPerSecond}gbit burst 2mb latency 50ms`);
  } catch (error) {
    close();
    throw error;
  }
  return {
    host: HOST,
    gigabitsPerSecond,
    within: ({ words, ...command }) => ({ ...command, words: ['ip', 'netns', 'exec', name, ...words] }),
    close,
  };
}

function execute(line: string): void {
  const [program = '', ...words] = line.split(' ');
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
}
