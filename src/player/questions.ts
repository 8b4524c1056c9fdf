import { make, makeText } from "./dom.ts";
import type { Gateway, UserError } from "./gateway.ts";
import type { Talk, TalkView } from "./talk.ts";

interface Question {
  readonly id: string;
  readonly text: string;
  readonly authorName: string;
  readonly status: "NEW" | "APPROVED" | "ANSWERED" | "DECLINED";
  readonly upvotes: number;
  readonly hasUpvoted: boolean;
  readonly isMine: boolean;
  readonly askedAt: string;
  readonly replies: readonly { readonly text: string; readonly authorName: string }[];
}

interface QuestionChange {
  readonly cursor: string;
  readonly kind: string;
  readonly questionId: string | null;
  readonly question: Question | null;
}

const STATES: Readonly<Record<Question["status"], string>> = {
  NEW: "Seen by you and the moderators",
  APPROVED: "",
  ANSWERED: "Answered",
  DECLINED: "Not taken by the moderators",
};

/** Questions: the most wanted first, one's own that wait above all. */
export function createQuestions(gateway: Gateway, { eventId, view, mayWrite, onRefused }: TalkView): Talk {
  const known = new Map<string, Question>();
  const items = new Map<string, HTMLLIElement>();
  /** Those of a snapshot that is coming; null while there is none. */
  let snapshot: Set<string> | null = null;

  const variables: Record<string, unknown> = { eventId, snapshot: true, after: null };
  gateway.follow<{ readonly questionChanges: QuestionChange }>("QuestionChanges", variables, ({ questionChanges: change }) => {
    variables["after"] = change.cursor;
    if (change.kind === "SNAPSHOT") (snapshot ??= new Set()).add(change.questionId ?? "");
    if (change.kind === "SNAPSHOT_END") endSnapshot();
    if (change.questionId !== null) {
      if (change.question) known.set(change.questionId, change.question);
      else known.delete(change.questionId);
    }
    // A snapshot is shown as a whole.
    if (snapshot === null) show();
  });

  function endSnapshot(): void {
    for (const id of known.keys()) if (!snapshot?.has(id)) known.delete(id);
    snapshot = null;
  }

  function show(): void {
    for (const [id, item] of items) {
      if (known.has(id)) continue;
      item.remove();
      items.delete(id);
    }
    const focused = document.activeElement?.closest("li");
    [...known.values()].toSorted(compare).forEach((question, index) => {
      const before = items.get(question.id);
      const item = draw(question);
      if (before?.isEqualNode(item)) {
        // What stays where it is keeps the keyboard's place.
        if (view.children[index] !== before) view.insertBefore(before, view.children[index] ?? null);
        return;
      }
      before?.remove();
      items.set(question.id, item);
      view.insertBefore(item, view.children[index] ?? null);
      if (before && before === focused) item.querySelector("button")?.focus();
    });
  }

  function draw({ id, text, authorName, status, upvotes, hasUpvoted, isMine, replies }: Question): HTMLLIElement {
    const state = isMine || status === "ANSWERED" ? STATES[status] : "";
    const head = make("p", "by", makeText("span", "", isMine ? "You" : authorName));
    if (state !== "") head.append(make("span", "state", state));
    const item = make("li", isMine ? "question mine" : "question", head, makeText("p", "said", text));
    if (status === "APPROVED" || status === "ANSWERED")
      item.append(drawVotes(id, { upvotes, mayVote: mayWrite && !isMine && !hasUpvoted, hasUpvoted }));
    for (const reply of replies)
      item.append(make("div", "reply", makeText("p", "by", reply.authorName), makeText("p", "said", reply.text)));
    return item;
  }

  function drawVotes(
    id: string,
    { upvotes, mayVote, hasUpvoted }: { upvotes: number; mayVote: boolean; hasUpvoted: boolean },
  ): HTMLElement {
    const votes = make("button", "votes", `▲ ${upvotes}`);
    votes.type = "button";
    const count = upvotes === 1 ? "1 vote" : `${upvotes} votes`;
    votes.setAttribute("aria-label", mayVote ? `Vote for this question: ${count}` : `${count}${hasUpvoted ? ", one of them yours" : ""}`);
    votes.setAttribute("aria-pressed", String(hasUpvoted));
    votes.disabled = !mayVote;
    votes.addEventListener("click", () => void vote(id, votes));
    return votes;
  }

  async function vote(id: string, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      const { upvoteQuestion } = await gateway.ask<{ upvoteQuestion: { question: Partial<Question> | null; userErrors: UserError[] } }>(
        "UpvoteQuestion",
        { id },
      );
      const question = known.get(id);
      if (question && upvoteQuestion.question) known.set(id, { ...question, ...upvoteQuestion.question });
      show();
      const [error] = upvoteQuestion.userErrors;
      onRefused(error?.message ?? "");
    } catch (error) {
      button.disabled = false;
      onRefused(error);
    }
  }

  return {
    async write(text) {
      const { askQuestion } = await gateway.ask<{ askQuestion: { userErrors: UserError[] } }>("AskQuestion", { eventId, text });
      return askQuestion.userErrors[0]?.message ?? null;
    },
    refresh: () => undefined,
  };
}

function compare(one: Question, other: Question): number {
  return place(one) - place(other) || other.upvotes - one.upvotes || (one.askedAt < other.askedAt ? 1 : -1);
}

function place({ status }: Question): number {
  return { NEW: 0, DECLINED: 3, APPROVED: 1, ANSWERED: 2 }[status];
}
