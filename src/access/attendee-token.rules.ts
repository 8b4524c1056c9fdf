/** What an attendee's token begins with, so that it is known for what it is wherever it is found. */
export const ATTENDEE_TOKEN_PREFIX = "het_";

export function isAttendeeTokenShaped(text: string): boolean {
  return text.startsWith(ATTENDEE_TOKEN_PREFIX);
}
