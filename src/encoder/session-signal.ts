import type { InputPath } from "../sessions/session.rules.ts";
import type { EncoderKeeper } from "./encoder-keeper.ts";
import { PathChoice } from "./failover.ts";
import type { InputCue } from "./hls-cues.rules.ts";
import { isSameInput, probeBytes } from "./input-facts.ts";
import type { InputSwitch, SwitchSource } from "./input-switch.ts";
import type { MediaSessionOptions } from "./media-session.options.ts";
import type { PatientClock } from "./patient-clock.ts";
import type { MeteredInput, MeteredPath } from "./session-meter.ts";
import { SessionPath } from "./session-path.ts";
import type { SessionControls } from "./runner.ts";
import { Slate, type SlateModel } from "./slate.ts";
import { findSlateLack } from "./slate.rules.ts";

export interface SessionSignalOptions {
  readonly session: MediaSessionOptions;
  readonly clock: PatientClock;
  readonly inputSwitch: InputSwitch;
  readonly keeper: EncoderKeeper;
  readonly isOn: () => boolean;
  /** The signal is something else from now on: what was made of it before cannot be gone on with. */
  readonly onOther: () => Promise<void>;
  /** Given where the cues of the input are wanted. */
  readonly onCue?: (cue: InputCue) => void;
}

/** After a longer outage the encoder begins anew, so that the times in the playlists are right again. */
const OUTAGE_MILLISECONDS = 10_000;
/** Without a byte for so long the encoder has nothing to do, however much longer its source may be silent before it counts as lost. */
const PAUSE_MILLISECONDS = 2_000;
const NO_VIEW = { usableSince: null, isArriving: false, errorPercent: null };

/**
 * The signal that a session's output is made of: keeps the paths of the input open, chooses one of them, and sees to it that the
 * encoder fits what it is fed. One that does not, since the stream came back as something else, since the other path carries
 * something else, or after a long outage, ends in order, and another one goes on.
 */
export class SessionSignal {
  readonly #options: SessionSignalOptions;
  readonly #paths: ReadonlyMap<InputPath, SessionPath>;
  readonly #choice: PathChoice;
  readonly #slate: Slate;
  /** What the newest encoder was set up for; null before the first. */
  #encoded: (SlateModel & { readonly layout: string }) | null = null;
  #isSlateWanted: boolean;
  /** Path A is not taken even when it comes. */
  #isBackupOnly: boolean;
  /** All paths were lost, and none of them can be taken yet. */
  #isLost = false;
  #fedSince: number | null = null;
  /** The source that was turned to needs another encoder, or the first one. */
  #isEncoderDue = false;

  constructor(options: SessionSignalOptions) {
    this.#options = options;
    const { launch } = options.session;
    this.#choice = new PathChoice(launch, options.clock.now());
    this.#isSlateWanted = launch.controls.isSlateWanted;
    this.#isBackupOnly = launch.controls.event?.isBackupOnly ?? false;
    this.#slate = new Slate({ ...options, ...options.session, settings: launch.slate });
    const names: readonly InputPath[] = launch.input.failover === null ? ["A"] : ["A", "B"];
    this.#paths = new Map(names.map((name) => [name, this.#open(name)]));
  }

  #open(path: InputPath): SessionPath {
    const { session, clock, inputSwitch, onCue } = this.#options;
    const { launch, host, ffprobePath } = session;
    return new SessionPath({
      path,
      clock,
      inputSwitch,
      open: (handlers) => session.openPathSource({ input: launch.input, path, clock, handlers: onCue ? { ...handlers, onCue } : handlers }),
      probe: (bytes) => probeBytes(host, ffprobePath, bytes),
    });
  }

  path(name: InputPath): SessionPath | null {
    return this.#paths.get(name) ?? null;
  }

  get choice(): PathChoice {
    return this.#choice;
  }

  get active(): SessionPath | null {
    return this.path(this.#choice.activePath);
  }

  /** What there is to measure of it. */
  get metered(): MeteredInput {
    const read = (name: InputPath): MeteredPath | null => {
      const path = this.path(name);
      return path && { counters: this.#options.inputSwitch.counters(name), state: path.state };
    };
    return { paths: { A: read("A"), B: read("B") }, fedSeconds: this.#options.inputSwitch.fedSeconds };
  }

  /** Whether there is something to encode, a slate included: an input that is not lost, though it may pause for some segments. */
  get isThere(): boolean {
    return this.isSlateShowing || typeof this.active?.flowingSince === "number";
  }

  /** Since when the encoder has been getting something of one source without a pause, as of the last tick; null while it does not. */
  get fedSince(): number | null {
    return this.#fedSince;
  }

  get isSlateShowing(): boolean {
    return this.#options.inputSwitch.selected === "SLATE";
  }

  /** Why a slate that an operator wants cannot be shown, as a sentence; null when none is wanted, or it can. */
  get slateProblem(): string | null {
    return this.#isSlateWanted ? this.#slateLack : null;
  }

  get slatePid(): number | null {
    return this.#slate.pid;
  }

  get #slateLack(): string | null {
    return this.#encoded && findSlateLack(this.#options.session.launch.outputs, this.#encoded.facts);
  }

  /** Output was made of its input at some time. */
  get hasHadInput(): boolean {
    return this.#encoded !== null;
  }

  /** Whether two paths carry what no one encoder can take; false as long as that is not known of both. */
  get isUneven(): boolean {
    const [a, b] = [this.path("A"), this.path("B")];
    if (!a?.facts || !b?.facts) return false;
    const { inputSwitch } = this.#options;
    return !isSameInput(a.facts, b.facts) || inputSwitch.layout("A") !== inputSwitch.layout("B");
  }

  /** To be called several times a second: notes what the paths do, and turns to another one where that is due. */
  tick(now: number): void {
    for (const path of this.#paths.values()) path.watch(now);
    const views = { A: (this.#isBackupOnly ? null : this.path("A")?.view) ?? NO_VIEW, B: this.path("B")?.view ?? NO_VIEW };
    const made = this.#choice.step(now, views);
    if (made) this.#options.session.log.info({ from: made.fromPath, to: made.toPath, reason: made.reason }, "the input was switched");
    this.#noteLoss();
    if (this.#encoded && this.#isSlateDue()) this.#slate.show(now, this.#encoded);
    else if (!this.isSlateShowing) this.#slate.hide();
    const isShown = this.#isSlateDue() && this.#slate.isReady(now, this.isSlateShowing);
    this.#turnTo(isShown ? "SLATE" : this.#choice.activePath, now);
    this.#noteFeed(now);
  }

  #noteFeed(now: number): void {
    const { inputSwitch } = this.#options;
    const { lastByteAt } = inputSwitch.counters(inputSwitch.selected);
    const isFed = this.isThere && lastByteAt !== null && now - lastByteAt <= PAUSE_MILLISECONDS;
    this.#fedSince = isFed ? (this.#fedSince ?? now) : null;
  }

  control({ switch: wanted, isSlateWanted, event }: SessionControls): void {
    this.#choice.control(wanted);
    this.#isSlateWanted = isSlateWanted;
    this.#isBackupOnly = event?.isBackupOnly ?? false;
  }

  #isSlateDue(): boolean {
    const { isShownOnLoss } = this.#options.session.launch.slate;
    return this.#encoded !== null && (this.#isSlateWanted || (isShownOnLoss && this.#isLost)) && this.#slateLack === null;
  }

  /** Lost is what nothing arrives from; back, what the output can be made of again. */
  #noteLoss(): void {
    const paths = [...this.#paths.values()];
    if (paths.every(({ state }) => !state.isFlowing)) this.#isLost = true;
    else if (typeof this.active?.view.usableSince === "number") this.#isLost = false;
  }

  /** Looks at streams that came anew, and has the encoder fit what is to be fed. Never called again before it is done. */
  async look(now: number): Promise<void> {
    const { keeper, isOn } = this.#options;
    if (keeper.isResting(now)) return;
    const waiting = [...this.#paths.values()].filter((path) => path.isToBeExamined(now));
    if (waiting.length > 0) await Promise.all(waiting.map((path) => path.examine()));
    if (!isOn()) return;
    for (const path of this.#paths.values()) {
      if (path.facts && !path.isAdmitted && path.name !== this.#options.inputSwitch.selected) path.admit();
    }
    await this.#align();
  }

  async close(): Promise<void> {
    await Promise.all([this.#slate.close(), ...[...this.#paths.values()].map((path) => path.close())]);
  }

  /** At once where the encoder can go on with it; else nothing is fed until `look` has seen to another one. */
  #turnTo(source: SwitchSource, now: number): void {
    const { inputSwitch, keeper } = this.#options;
    if (source === inputSwitch.selected) return;
    const path = source === "SLATE" ? null : this.path(source);
    const isThere = source === "SLATE" || path?.isAdmitted === true;
    const isFit = keeper.run !== null && this.#fits(source) && !this.#isAfterOutage(now);
    this.#fedSince = null;
    if (isThere && !isFit) {
      this.#isEncoderDue = true;
      inputSwitch.detach();
    }
    inputSwitch.select(source);
    if (!this.#isEncoderDue || !keeper.run || (isThere && !isFit)) return;
    // Turned away from what did not fit before another encoder was there: the one that runs can go on.
    this.#isEncoderDue = false;
    inputSwitch.attach(keeper.run.stdin);
  }

  async #align(): Promise<void> {
    const { inputSwitch, keeper, isOn, onOther, clock } = this.#options;
    const source = inputSwitch.selected;
    if (source === "SLATE") return this.#alignSlate();
    const path = this.path(source);
    const facts = path?.facts;
    if (!path || !facts || (path.isAdmitted && !this.#isEncoderDue)) return;
    const isOther = !this.#fits(source);
    if (isOther) {
      // Now, since a restart after a crash may be due while the one that runs ends, or while its output is removed.
      keeper.forgetInput(`The encoder was replaced, since path ${path.name} carries something else than what it was set up for.`);
    }
    if (keeper.run && (isOther || this.#isEncoderDue || this.#isAfterOutage(clock.now()))) await keeper.retire();
    if (isOther) await onOther();
    // What was asked for or came in meanwhile is seen to in the next look.
    if (!isOn() || source !== inputSwitch.selected || path.facts !== facts) return;
    this.#isEncoderDue = false;
    this.#encoded = { facts, layout: inputSwitch.layout(source), streams: inputSwitch.streams(source) };
    path.admit();
    keeper.start(facts);
  }

  /** The encoder was lost before the slate was there. */
  #alignSlate(): void {
    if (!this.#isEncoderDue || !this.#encoded) return;
    this.#isEncoderDue = false;
    this.#options.keeper.start(this.#encoded.facts);
  }

  /** Whether what the newest encoder was set up for is what this source gives, as far as that is known. */
  #fits(source: SwitchSource): boolean {
    const facts = source === "SLATE" ? null : this.path(source)?.facts;
    if (!this.#encoded || !facts) return true;
    return isSameInput(facts, this.#encoded.facts) && this.#options.inputSwitch.layout(source) === this.#encoded.layout;
  }

  #isAfterOutage(now: number): boolean {
    const { fedAt } = this.#options.inputSwitch;
    return fedAt !== null && now - fedAt > OUTAGE_MILLISECONDS;
  }
}
