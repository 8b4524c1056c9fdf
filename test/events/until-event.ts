import type { GraphqlClient } from "../support/clients.ts";
import { eventually } from "../support/media.ts";

export interface EventQuery {
  readonly client: GraphqlClient;
  /** Asks for `event(id: $id)`. */
  readonly query: string;
  readonly id: string;
  readonly milliseconds: number;
}

/** Asks for an event until it is as is wanted; where it never is, the error shows how it was. */
export async function untilEvent<View>(
  { client, query, id, milliseconds }: EventQuery,
  what: string,
  isSo: (event: View) => boolean,
): Promise<View> {
  return eventually(
    what,
    async () => {
      const { event } = await client.graphql<{ event: View }>(query, { id });
      if (!isSo(event)) throw new Error(JSON.stringify(event));
      return event;
    },
    milliseconds,
  );
}
