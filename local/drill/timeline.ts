import type { Engine } from '../engine/engine.ts';

/** Prints what happens as it happens, with the minutes and seconds since the drill began. */
export function createTimeline(write: (text: string) => void, now: () => number = Date.now) {
  const start = now();
  const line = (text: string) => {
    const seconds = Math.floor((now() - start) / 1000);
    write(`${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}  ${text}\n`);
  };

  return {
    line,
    /** Prints a text of several lines as it is. */
    text: write,
    /** Does a piece of work and prints how long it took. A failure is printed by whoever handles it. */
    async during<T>(what: string, work: () => Promise<T>): Promise<T> {
      const begun = now();
      const result = await work();
      line(`${what.padEnd(48)} ${seconds(now() - begun)}`);
      return result;
    },
    /** Prints every state of one execution as it ends; gives back what ends that. */
    follow(engine: Engine, executionArn: string): () => void {
      const followed = now();
      const entered = new Map<string, number>();
      return engine.onEvent((event) => {
        if (event.executionArn !== executionArn) return;
        const { stateEnteredEventDetails: begun, stateExitedEventDetails: ended } = event as StateEvent;
        if (begun) entered.set(begun.name, now());
        if (!ended) return;
        const { name } = ended;
        line(`  ${name.padEnd(46)} ${seconds(now() - (entered.get(name) ?? followed))}`);
      });
    },
  };
}

interface StateEvent {
  readonly stateEnteredEventDetails?: { readonly name: string };
  readonly stateExitedEventDetails?: { readonly name: string };
}

export type Timeline = ReturnType<typeof createTimeline>;

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1).padStart(6)} s`;
}
