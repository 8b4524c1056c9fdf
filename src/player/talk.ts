import { createChat } from "./chat.ts";
import { find } from "./dom.ts";
import { Refused, type Gateway } from "./gateway.ts";
import { createQuestions } from "./questions.ts";

export type MessagingMode = "DISABLED" | "CHAT" | "MODERATED_QA";

/** What attendees write to each other. */
export interface Talk {
  /** Gives what is wrong with it, or null. */
  readonly write: (text: string) => Promise<string | null>;
  /** Called every few seconds. */
  readonly refresh: () => void;
}

export interface TalkView {
  readonly eventId: string;
  readonly view: HTMLElement;
  readonly mayWrite: boolean;
  /** Told what failed: words, or an error; no words once it has gone well. */
  readonly onRefused: (error: unknown) => void;
}

export interface TalkPanel {
  /** Shows the talk of this attendee; the one before is forgotten. */
  readonly open: (gateway: Gateway, attendee: { readonly eventId: string; readonly mayWrite: boolean }) => void;
  readonly show: (mode: MessagingMode, isOver: boolean) => void;
  /** Until it is opened again. */
  readonly hide: () => void;
}

const WORDS = {
  CHAT: { title: "Chat", label: "Your message", none: "Nobody has said anything yet." },
  MODERATED_QA: { title: "Questions", label: "Your question", none: "Nobody has asked anything yet." },
} as const;

/** The side of the page on which people write. `onName`: somebody wants to take part under this name. */
export function createTalkPanel(onName: (name: string) => Promise<void>): TalkPanel {
  const panel = find("talk", HTMLElement);
  const view = find("entries", HTMLOListElement);
  const none = find("no-entries", HTMLElement);
  const naming = find("naming", HTMLFormElement);
  const writing = find("writing", HTMLFormElement);
  const text = find("text", HTMLTextAreaElement);
  const problem = find("talk-error", HTMLElement);
  let open: { readonly gateway: Gateway; readonly eventId: string; readonly mayWrite: boolean } | null = null;
  let talk: Talk | null = null;
  let shown: MessagingMode = "DISABLED";

  function onRefused(error: unknown): void {
    if (typeof error === "string") problem.textContent = error;
    else problem.textContent = error instanceof Refused ? error.message : "That did not get through. Try again.";
  }

  function place(isShown: boolean): void {
    panel.hidden = !isShown;
    document.body.classList.toggle("with-talk", isShown);
  }

  function begin(mode: MessagingMode): void {
    shown = mode;
    view.replaceChildren();
    talk = null;
    place(mode !== "DISABLED");
    if (mode === "DISABLED" || !open) return;
    const { title, label, none: noneYet } = WORDS[mode];
    find("talk-title", HTMLElement).textContent = title;
    find("text-label", HTMLElement).textContent = label;
    none.textContent = noneYet;
    view.setAttribute("role", mode === "CHAT" ? "log" : "list");
    const options = { eventId: open.eventId, view, mayWrite: open.mayWrite, onRefused };
    talk = mode === "CHAT" ? createChat(open.gateway, options) : createQuestions(open.gateway, options);
  }

  /** Runs what a form asks for, once at a time. */
  function onSubmit(form: HTMLFormElement, run: () => Promise<void>): void {
    form.addEventListener("submit", (submitted) => {
      submitted.preventDefault();
      const button = form.querySelector("button");
      if (!button || button.disabled) return;
      button.disabled = true;
      onRefused("");
      void run()
        .catch(onRefused)
        .finally(() => {
          button.disabled = false;
        });
    });
  }

  onSubmit(naming, () => onName(find("name", HTMLInputElement).value.trim()));
  onSubmit(writing, async () => {
    const refusal = await talk?.write(text.value);
    if (refusal) return onRefused(refusal);
    text.value = "";
  });
  // As everywhere where people write short texts.
  text.addEventListener("keydown", (pressed) => {
    if (pressed.key !== "Enter" || pressed.shiftKey || pressed.isComposing) return;
    pressed.preventDefault();
    writing.requestSubmit();
  });

  return {
    open(gateway, attendee) {
      open = { gateway, ...attendee };
      begin(shown);
    },
    show(mode, isOver) {
      if (mode !== shown) begin(mode);
      const mayWrite = open?.mayWrite ?? false;
      naming.hidden = isOver || mayWrite;
      writing.hidden = isOver || !mayWrite;
      talk?.refresh();
    },
    hide: () => place(false),
  };
}
