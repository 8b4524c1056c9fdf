import type { FormattedExecutionResult } from "graphql";

/** The data of an answer as the JSON text that PostgreSQL made of it, on its way through an executor that knows objects alone. */
export class JsonText {
  // Private, so that whoever looks for large values in an answer sees none to write in parts: this one is written already.
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** What an executor takes for data. */
  asData(): Record<string, unknown> {
    return this as unknown as Record<string, unknown>;
  }

  toString(): string {
    return this.#text;
  }
}

/** Writes an answer; data that is text already goes out as it is. */
export function stringifyAnswer(answer: FormattedExecutionResult): string {
  const data: unknown = answer.data;
  return data instanceof JsonText ? `{"data":${data.toString()}}\n` : `${JSON.stringify(answer)}\n`;
}
