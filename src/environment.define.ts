import { z } from "zod";

/** One variable as docs/settings.md and `headend doctor` show it. */
export interface EnvironmentVariable {
  readonly name: string;
  /** The value it has when it is not set, as it would be written; null when it has none. */
  readonly fallback: string | null;
  /** What it may be. */
  readonly allowed: string;
  readonly meaning: string;
  /** Its value is never shown. */
  readonly isSecret: boolean;
}

export interface Definition<T> extends EnvironmentVariable {
  /** Given the text as it is set, or the fallback; undefined when there is neither. */
  readonly schema: z.ZodType<T>;
}

/** What variables come to, by their fields. */
export type Values<Definitions extends Readonly<Record<string, Definition<unknown>>>> = {
  readonly [Field in keyof Definitions]: z.infer<Definitions[Field]["schema"]>;
};

type DefinitionOptions<T> = Omit<Definition<T>, "fallback" | "isSecret"> & Partial<Pick<Definition<T>, "fallback" | "isSecret">>;

export function define<T>({ fallback = null, isSecret = false, ...rest }: DefinitionOptions<T>): Definition<T> {
  return { fallback, isSecret, ...rest };
}

/** Digits alone: `Number` takes blanks, signs, exponents and hexadecimal as well. */
export function wholeNumber(from: number, to: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .refine((value) => value >= from && value <= to);
}

/** A number, or null for `off`. */
export function numberOrOff(from: number, to: number): z.ZodType<number | null> {
  return z.union([z.literal("off").transform(() => null), wholeNumber(from, to)]);
}

/** A port, 0 for any free one, or null for `off`. */
export const portOrOff: z.ZodType<number | null> = numberOrOff(0, 65_535);
export const PORT_OR_OFF = "a whole number from 0 to 65535, or off";

export function list(isAllowed: (item: string) => boolean): z.ZodType<readonly string[]> {
  return z
    .string()
    .transform((text) =>
      text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== ""),
    )
    .refine((items) => items.every(isAllowed));
}

export function optional<T>(schema: z.ZodType<T>): z.ZodType<T | null> {
  return z.union([z.undefined().transform(() => null), schema]);
}

export function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

export function isOrigin(text: string): boolean {
  return isUrl(text, ["http:", "https:"]) && new URL(text).origin === text.toLowerCase();
}

/** Anything but nothing. */
export const text = z.string().min(1);
/** Without slashes at its end. */
export const httpBase = text.refine((value) => isUrl(value, ["http:", "https:"])).transform((value) => value.replace(/\/+$/, ""));
