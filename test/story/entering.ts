import type { Pipeline } from '../../local/pipeline.ts';

/** Resolves when an execution enters a state, after something was done at that very moment, before the state begins. */
export function onEntering({ engine }: Pick<Pipeline, 'engine'>, executionArn: string, state: string, act = () => {}): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = engine.onEvent((event) => {
      const { stateEnteredEventDetails } = event as { stateEnteredEventDetails?: { name: string } };
      if (event.executionArn !== executionArn || stateEnteredEventDetails?.name !== state) return;
      unsubscribe();
      act();
      resolve();
    });
  });
}
