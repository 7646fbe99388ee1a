/** One event of an execution's history, shaped as GetExecutionHistory has it; `timestamp` in milliseconds since 1970. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: `${string}EventDetails`]: unknown;
}

/** Step Functions fails an execution whose history would grow beyond this number of events. */
export const EVENT_LIMIT = 25_000;

/** The event of this type; its details stand under the key that the type has on the wire. */
export function historyEvent(id: number, previousEventId: number, timestamp: number, type: string, details?: object): HistoryEvent {
  const kind = type.endsWith('StateEntered') ? 'stateEntered' : type.endsWith('StateExited') ? 'stateExited' : uncapitalized(type);
  return { id, previousEventId, timestamp, type, ...(details && { [`${kind}EventDetails`]: details }) };
}

/** A payload as events carry it: JSON text and the note that nothing was cut. */
export function payload<Key extends string>(key: Key, value: unknown): object {
  return { [key]: JSON.stringify(value), [`${key}Details`]: { truncated: false } };
}

function uncapitalized(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
