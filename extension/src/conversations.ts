/** Which conversation an instruction that is given in a file belongs to. Nothing here knows VS Code. */

export interface Conversations {
  /** An id for the wire. */
  of(uri: string): string;
  /** From now on instructions go to this conversation, wherever they are given; undefined: to one for each file. */
  join(conversation: string | undefined): void;
}

export function createConversations(): Conversations {
  let joined: string | undefined;
  return {
    of: (uri) => joined ?? `file ${uri}`,
    join: (conversation) => {
      joined = conversation;
    },
  };
}
