import { forget, join, recall, type Attendance, type Entry } from "./attendance.ts";
import { find } from "./dom.ts";
import { createGateway, Refused, type Gateway } from "./gateway.ts";
import { createLanguageChoice } from "./languages.ts";
import { createScreen, type Stream } from "./screen.ts";
import { createTalkPanel } from "./talk.ts";
import { nextLookMilliseconds, wordsFor, type WatchedEvent, type WatchedLanguage } from "./watched-event.ts";

const eventId = decodeURIComponent(window.location.pathname.split("/").at(-1) ?? "");
const screen = createScreen(eventId);
const languages = createLanguageChoice(() => showPicture());
const panel = createTalkPanel(takePart);
const entry = find("entry", HTMLFormElement);
const entryError = find("entry-error", HTMLElement);
const show = find("show", HTMLElement);

let attendance: Attendance | null = null;
let gateway: Gateway | null = null;
let watched: WatchedEvent | null = null;
let nextLook = 0;

async function begin(): Promise<void> {
  const known = recall(eventId);
  if (known) return attend(known);
  await comeIn({ accessCode: null, name: null });
}

/** Asks to be let in, and for the code where one is wanted. */
async function comeIn(asked: Entry): Promise<void> {
  try {
    attend(await join(eventId, asked));
  } catch (error) {
    if (error instanceof Refused) return refuse(error, asked);
    if (!entry.hidden) entryError.textContent = "That did not get through. Try again.";
    else lookIn(RETRY_MILLISECONDS, () => void comeIn(asked));
  }
}

const RETRY_MILLISECONDS = 4_000;

function refuse({ code, message }: Refused, { name }: Entry): void {
  if (code === "REQUIRED" || code === "INVALID_VALUE") {
    show.hidden = true;
    panel.hide();
    entryError.textContent = code === "INVALID_VALUE" ? message : "";
    if (entry.hidden) find("entry-name", HTMLInputElement).value = name ?? "";
    entry.hidden = false;
    find("code", HTMLInputElement).select();
    return;
  }
  if (!entry.hidden) entryError.textContent = message;
  else screen.say(code === "NOT_FOUND" ? "There is no event at this address." : message);
  // Too many have asked, or the gateway is busy.
  if (code !== "NOT_FOUND" && entry.hidden) lookIn(RETRY_MILLISECONDS, () => void begin());
}

entry.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  const name = find("entry-name", HTMLInputElement).value.trim();
  void comeIn({ accessCode: find("code", HTMLInputElement).value, name: name === "" ? null : name });
});

function attend(letIn: Attendance): void {
  gateway?.close();
  attendance = letIn;
  gateway = createGateway(letIn.token);
  entry.hidden = true;
  show.hidden = false;
  entryError.textContent = "";
  gateway.follow<{ publishedSlide: Slide | null }>("PublishedSlide", { eventId }, ({ publishedSlide }) => showSlide(publishedSlide));
  panel.open(gateway, { eventId, mayWrite: letIn.name !== null });
  void look();
}

/** A name comes with a token of its own; until there is one, nothing changes for who watches. */
async function takePart(name: string): Promise<void> {
  if (name === "") throw new Refused("REQUIRED", "Enter your name.");
  try {
    attend(await join(eventId, { accessCode: null, name }));
    find("text", HTMLTextAreaElement).focus();
  } catch (error) {
    // The code is not kept: it is asked for once more.
    if (!(error instanceof Refused) || error.code !== "REQUIRED") throw error;
    refuse(error, { accessCode: null, name });
  }
}

/** Looks at how the event is, again and again. */
async function look(): Promise<void> {
  const asked = gateway;
  if (!asked) return;
  try {
    const { publicEvent } = await asked.ask<{ publicEvent: WatchedEvent | null }>("WatchedEvent", { id: eventId });
    if (asked !== gateway) return;
    if (publicEvent) await showEvent(publicEvent);
    else screen.say("There is no event at this address.");
  } catch (error) {
    if (asked !== gateway) return;
    // The token has ended, or another access code is wanted by now.
    if (error instanceof Refused && error.code === "UNAUTHENTICATED") return leave();
  }
  lookIn(nextLookMilliseconds(watched), () => void look());
}

function lookIn(milliseconds: number, run: () => void): void {
  window.clearTimeout(nextLook);
  nextLook = window.setTimeout(run, milliseconds);
}

function leave(): void {
  gateway?.close();
  gateway = null;
  forget(eventId);
  screen.play(null);
  void comeIn({ accessCode: null, name: attendance?.name ?? null });
}

async function showEvent(event: WatchedEvent): Promise<void> {
  const isOver = event.status === "ENDED" || event.status === "ON_DEMAND";
  const isEnding = watched?.status === "LIVE" && isOver;
  watched = event;
  document.title = event.title;
  find("title", HTMLElement).textContent = event.title;
  const details = find("details", HTMLElement);
  details.textContent = event.details ?? "";
  details.hidden = event.details === null;
  panel.show(event.messagingMode, isOver);
  languages.show(event.languages);
  // Whoever watches is some seconds behind, and is not kept from the last ones.
  if (isEnding) await screen.playOut();
  showPicture();
}

function showPicture(): void {
  const language = watched?.languages.find(({ code }) => code === languages.chosen()) ?? null;
  const stream = language && streamOf(language);
  screen.play(stream);
  if (watched && stream === null) screen.say(wordsFor(watched, language));
}

/** What there is to play of a language: live before anything recorded. */
function streamOf({ code, hlsUrl, recordings }: WatchedLanguage): Stream | null {
  if (hlsUrl !== null) return { language: code, kind: "LIVE", parts: [{ id: code, url: hlsUrl, captionsUrl: null }] };
  const parts = recordings.flatMap(({ id, url, captionsUrl }) => (url === null ? [] : [{ id, url, captionsUrl }]));
  return parts.length === 0 ? null : { language: code, kind: "RECORDING", parts };
}

interface Slide {
  readonly number: number;
  readonly imageUrl: string;
}

function showSlide(slide: Slide | null): void {
  const figure = find("slide", HTMLElement);
  const picture = find("slide-picture", HTMLImageElement);
  figure.hidden = slide === null;
  document.body.classList.toggle("with-slide", slide !== null);
  if (!slide) return;
  picture.alt = `Slide ${slide.number}`;
  if (picture.src !== slide.imageUrl) picture.src = slide.imageUrl;
}

void begin();
