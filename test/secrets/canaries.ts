import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Secrets that no chance brings about, each with the place that it is planted in. */
export interface Canaries {
  /** A new one: letters and digits alone, so that no encoding changes it. */
  readonly plant: (place: string) => string;
  readonly all: () => readonly Canary[];
  /** The places whose canaries stand in a text, whatever form they have taken. */
  readonly findIn: (text: string) => readonly string[];
}

export interface Canary {
  readonly place: string;
  readonly text: string;
}

export function createCanaries(): Canaries {
  const planted: (Canary & { readonly forms: readonly string[] })[] = [];
  return {
    plant(place) {
      const text = `Canary${String(planted.length).padStart(2, "0")}${randomBytes(9).toString("hex")}`;
      planted.push({ place, text, forms: formsOf(text) });
      return text;
    },
    all: () => planted,
    findIn(text) {
      const folded = text.toLowerCase();
      return planted.filter(({ forms }) => forms.some((form) => folded.includes(form))).map(({ place }) => place);
    },
  };
}

/** As it is, as hex digits (as PostgreSQL shows bytes), backwards, and as base64 wherever in the bytes it begins. */
function formsOf(text: string): readonly string[] {
  const base64 = ["", "x", "xx"].map((before) => {
    const whole = Buffer.from(`${before}${text}`).toString("base64");
    // What stands before and after it takes part in the first and the last group.
    return whole.slice(before === "" ? 0 : 4, -4);
  });
  return [text, Buffer.from(text).toString("hex"), Array.from(text).reverse().join(""), ...base64].map((form) => form.toLowerCase());
}

/** Every argument of every process of this machine and every variable of those that we may read, gathered until it is stopped. */
export interface ProcessSampler {
  readonly stop: () => readonly SampledProcess[];
}

export interface SampledProcess {
  readonly pid: number;
  readonly text: string;
}

const SAMPLE_MILLISECONDS = 25;

/** Processes that the test runs itself are passed over: they are the other side, and know the secrets. */
export function sampleProcesses(isPassedOver: (pid: number) => boolean): ProcessSampler {
  const seen = new Map<string, SampledProcess>();
  const sample = () => {
    for (const name of readdirSync("/proc")) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || pid === process.pid || isPassedOver(pid)) continue;
      for (const file of ["cmdline", "environ"]) {
        try {
          const text = readFileSync(join("/proc", name, file), "utf8");
          const key = `${name}/${file}/${text}`;
          if (!seen.has(key)) seen.set(key, { pid, text: `${file}: ${text.replaceAll("\0", " ")}` });
        } catch {
          // It ended, or is another user's.
        }
      }
    }
  };
  const timer = setInterval(sample, SAMPLE_MILLISECONDS);
  return {
    stop() {
      clearInterval(timer);
      sample();
      return [...seen.values()];
    },
  };
}
