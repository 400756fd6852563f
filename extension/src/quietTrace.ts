/** Keeps keys out of the trace that VS Code writes of what is said to the server. Nothing here knows VS Code. */
import { SET_KEYS } from "./cloudProtocol";

interface Channel {
  trace(message: string, ...more: unknown[]): void;
}

/** A log channel like the one given, except that of the message with the keys it only says that it was sent. */
export function quietTrace<T extends Channel>(channel: T): T {
  const trace = (message: string, ...more: unknown[]): void => {
    // By its name: whatever the trace's format and level, the name stands in the same entry as the parameters.
    if (message.includes(SET_KEYS)) {
      channel.trace(`${SET_KEYS}: what it says is not logged`);
    } else {
      channel.trace(message, ...more);
    }
  };
  // VS Code's channels are frozen, and their level is a getter: everything but `trace` is inherited.
  return Object.create(channel, { trace: { value: trace } }) as T;
}
