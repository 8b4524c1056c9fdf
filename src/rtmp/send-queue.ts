import { isKeyFrame, isSequenceHeader, TagType, type FlvTag } from "./flv.rules.ts";

/** More than this waiting, or waiting for longer, is dropped: a receiver that is so far behind does not catch up by itself. */
const WAITING_LIMIT_BYTES = 8_000_000;
const WAITING_LIMIT_MILLISECONDS = 4_000;
/** The newest group of pictures is kept up to this, for a receiver that comes. */
const GROUP_LIMIT_BYTES = 8_000_000;

interface Waiting {
  readonly tag: FlvTag;
  readonly since: number;
}

/**
 * What waits for one receiver. It always starts with the description and the sequence headers, and at a key frame; what a
 * receiver cannot take is left out from there to a key frame. Bounded; `now` is monotonic, in milliseconds.
 */
export class SendQueue {
  #metadata: FlvTag | null = null;
  #videoHeader: FlvTag | null = null;
  #audioHeader: FlvTag | null = null;
  #hasVideo = false;
  #hasAudio = false;
  #group: FlvTag[] = [];
  #groupBytes = 0;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #isAttached = false;
  #awaitsKeyFrame = true;
  #sentUpTo = -1;

  /** Whether there is anything to say to a receiver that would come now. */
  get hasMedia(): boolean {
    return this.#group.length > 0 || (!this.#hasVideo && this.#hasAudio);
  }

  /** A receiver is there. It gets the newest group of pictures at once, unless it lies before what was sent already. */
  attach(now: number): void {
    this.detach();
    this.#isAttached = true;
    const [first] = this.#group;
    if (!first || first.timestamp <= this.#sentUpTo) return;
    this.#resume(first.timestamp, now);
    for (const tag of this.#group) this.#enqueue(tag, now);
  }

  detach(): void {
    this.#isAttached = false;
    this.#awaitsKeyFrame = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** A stream begins that has nothing to do with the one before it but its timeline. */
  restart(): void {
    this.#metadata = null;
    this.#videoHeader = null;
    this.#audioHeader = null;
    this.#hasVideo = false;
    this.#hasAudio = false;
    this.#awaitsKeyFrame = true;
    this.#forgetGroup();
  }

  offer(tag: FlvTag, now: number): void {
    if (this.#noteHeader(tag)) {
      if (this.#isAttached && !this.#awaitsKeyFrame) this.#enqueue(tag, now);
      return;
    }
    this.#hasVideo ||= tag.type === TagType.VIDEO;
    this.#hasAudio ||= tag.type === TagType.AUDIO;
    const isStart = this.#hasVideo ? isKeyFrame(tag) : tag.type === TagType.AUDIO;
    this.#keep(tag);
    if (!this.#isAttached) return;
    this.#dropLate(now);
    if (this.#awaitsKeyFrame) {
      if (!isStart) return;
      this.#resume(tag.timestamp, now);
    }
    this.#enqueue(tag, now);
  }

  /** The next one to send; null when nothing waits. */
  take(): FlvTag | null {
    const next = this.#waiting.shift();
    if (!next) return null;
    this.#waitingBytes -= next.tag.payload.length;
    this.#sentUpTo = Math.max(this.#sentUpTo, next.tag.timestamp);
    return next.tag;
  }

  #noteHeader(tag: FlvTag): boolean {
    if (tag.type === TagType.SCRIPT) this.#metadata = tag;
    else if (!isSequenceHeader(tag)) return false;
    else if (tag.type === TagType.AUDIO) this.#audioHeader = tag;
    else {
      this.#videoHeader = tag;
      this.#hasVideo = true;
    }
    return true;
  }

  #keep(tag: FlvTag): void {
    if (isKeyFrame(tag)) this.#forgetGroup();
    else if (this.#group.length === 0) return;
    this.#group.push(tag);
    this.#groupBytes += tag.payload.length;
    if (this.#groupBytes > GROUP_LIMIT_BYTES) this.#forgetGroup();
  }

  #forgetGroup(): void {
    this.#group = [];
    this.#groupBytes = 0;
  }

  #resume(timestamp: number, now: number): void {
    this.#awaitsKeyFrame = false;
    for (const header of [this.#metadata, this.#videoHeader, this.#audioHeader]) {
      if (header) this.#enqueue({ ...header, timestamp }, now);
    }
  }

  #enqueue(tag: FlvTag, now: number): void {
    this.#waiting.push({ tag, since: now });
    this.#waitingBytes += tag.payload.length;
  }

  #dropLate(now: number): void {
    const [oldest] = this.#waiting;
    if (!oldest || (this.#waitingBytes <= WAITING_LIMIT_BYTES && now - oldest.since <= WAITING_LIMIT_MILLISECONDS)) return;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#awaitsKeyFrame = true;
  }
}
