/** Why a URL or path is refused: it is not written right, or names what it may not. */
export interface UrlProblem {
  readonly code: "INVALID_VALUE" | "URL_NOT_ALLOWED";
  /** One whole sentence or two for the operator, with no secret of the URL in it. */
  readonly message: string;
}

export function invalid(message: string): UrlProblem {
  return { code: "INVALID_VALUE", message };
}

export function notAllowed(message: string): UrlProblem {
  return { code: "URL_NOT_ALLOWED", message };
}
