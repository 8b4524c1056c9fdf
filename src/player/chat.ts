import { make, makeText } from "./dom.ts";
import type { Gateway, UserError } from "./gateway.ts";
import type { Talk, TalkView } from "./talk.ts";

interface ChatMessage {
  readonly id: string;
  readonly text: string;
  readonly authorName: string;
  readonly at: string;
}

interface ChatMessageChange {
  readonly cursor: string;
  readonly kind: string;
  readonly messageId: string | null;
  readonly message: ChatMessage | null;
}

/** A chat has no end: what is further back leaves the page. */
const SHOWN_LIMIT = 200;
const LATEST_COUNT = 50;
/** How near to the end somebody is who reads along, in pixels. */
const READING_ALONG = 60;

const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** The chat, the newest below. It begins with the latest messages alone: a snapshot would bring hours of them to each who comes. */
export function createChat(gateway: Gateway, { eventId, view, onRefused }: TalkView): Talk {
  const items = new Map<string, HTMLLIElement>();
  const deleted = new Set<string>();
  let isToBeRead = true;

  const variables: Record<string, unknown> = { eventId, after: null };
  gateway.follow<{ readonly chatMessageChanges: ChatMessageChange }>("ChatMessageChanges", variables, ({ chatMessageChanges: change }) => {
    variables["after"] = change.cursor;
    if (change.kind === "LAGGED") void readLatest();
    if (change.messageId === null) return;
    if (change.message) add(change.message);
    else remove(change.messageId);
  });
  gateway.onConnected(() => {
    isToBeRead = true;
    void readLatest();
  });
  void readLatest();

  async function readLatest(): Promise<void> {
    const before = [...items.keys()];
    try {
      const { publicEvent } = await gateway.ask<{ publicEvent: { messages: { nodes: ChatMessage[] } } | null }>("LatestChatMessages", {
        id: eventId,
        first: LATEST_COUNT,
      });
      const latest = publicEvent?.messages.nodes ?? [];
      forgetDeleted(before, latest);
      for (const message of latest.toReversed()) add(message);
    } catch (error) {
      onRefused(error);
    }
  }

  /** What was shown before the latest were read, and would be among them, has been deleted. */
  function forgetDeleted(before: readonly string[], latest: readonly ChatMessage[]): void {
    const oldest = latest.length < LATEST_COUNT ? "" : (latest.at(-1)?.at ?? "");
    const isThere = new Set(latest.map(({ id }) => id));
    for (const id of before) if (!isThere.has(id) && (items.get(id)?.dataset["at"] ?? "") > oldest) remove(id);
  }

  function add(message: ChatMessage): void {
    if (items.has(message.id) || deleted.has(message.id)) return;
    const isReadingAlong = view.scrollHeight - view.scrollTop - view.clientHeight < READING_ALONG;
    const at = make("time", "", timeOfDay.format(new Date(message.at)));
    at.dateTime = message.at;
    const item = make("li", "message", make("p", "by", makeText("span", "", message.authorName), at), makeText("p", "said", message.text));
    item.dataset["at"] = message.at;
    const later = [...view.children].findLast((child) => child instanceof HTMLElement && (child.dataset["at"] ?? "") <= message.at);
    view.insertBefore(item, later?.nextSibling ?? (later ? null : view.firstChild));
    items.set(message.id, item);
    if (items.size > SHOWN_LIMIT) drop(view.firstElementChild);
    if (isReadingAlong) view.scrollTop = view.scrollHeight;
  }

  function remove(id: string): void {
    deleted.add(id);
    items.get(id)?.remove();
    items.delete(id);
  }

  function drop(oldest: Element | null): void {
    for (const [id, item] of items) if (item === oldest) items.delete(id);
    oldest?.remove();
  }

  return {
    async write(text) {
      const { sendChatMessage } = await gateway.ask<{ sendChatMessage: { userErrors: UserError[] } }>("SendChatMessage", { eventId, text });
      return sendChatMessage.userErrors[0]?.message ?? null;
    },
    // Changes are told from some moment after a connection is there: what came just before it is read by a second reading.
    refresh() {
      if (!isToBeRead && gateway.isConnected()) return;
      isToBeRead = false;
      void readLatest();
    },
  };
}
