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
  let readings = 0;

  const variables: Record<string, unknown> = { eventId, after: null };
  gateway.follow<{ readonly chatMessageChanges: ChatMessageChange }>("ChatMessageChanges", variables, ({ chatMessageChanges: change }) => {
    variables["after"] = change.cursor;
    if (change.kind === "LAGGED") void readLatest();
    if (change.messageId === null) return;
    if (change.message) add(change.message);
    else remove(change.messageId);
  });
  void readLatest();

  async function readLatest(): Promise<void> {
    try {
      const { publicEvent } = await gateway.ask<{ publicEvent: { messages: { nodes: ChatMessage[] } } | null }>("LatestChatMessages", {
        id: eventId,
        first: LATEST_COUNT,
      });
      for (const message of publicEvent?.messages.nodes.toReversed() ?? []) add(message);
      readings += 1;
    } catch (error) {
      onRefused(error);
    }
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
    // What came between the first reading and the first change is read by a second one; changes are told from then on.
    refresh() {
      if (readings < 2) void readLatest();
    },
  };
}
