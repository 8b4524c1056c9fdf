/** Sends an operation with one file as a GraphQL multipart request. */
export async function sendUpload<Data = Record<string, unknown>>(given: {
  readonly url: string;
  readonly key: string | null;
  readonly query: string;
  /** The input of the mutation, without its file. */
  readonly input: object;
  readonly file: string | Uint8Array<ArrayBuffer> | Blob;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}): Promise<{
  readonly status: number;
  readonly data: Data | null;
  readonly errors: readonly { readonly extensions: { readonly code: string } }[];
}> {
  const form = new FormData();
  form.append("operations", JSON.stringify({ query: given.query, variables: { input: { ...given.input, file: null } } }));
  form.append("map", JSON.stringify({ "0": ["variables.input.file"] }));
  form.append("0", new Blob([given.file]), "sessions.csv");
  const response = await fetch(`${given.url}/graphql`, {
    method: "POST",
    headers: { ...(given.key !== null && { authorization: `Bearer ${given.key}` }), "apollo-require-preflight": "1", ...given.headers },
    body: form,
    ...(given.signal && { signal: given.signal }),
  });
  const { data = null, errors = [] } = (await response.json()) as { data?: Data; errors?: never[] };
  return { status: response.status, data, errors };
}

/** Sends an operation with a list of files, `input.files`, as a GraphQL multipart request; top-level errors fail the test. */
export async function sendFiles<Data>(
  { url, key }: { readonly url: string; readonly key: string },
  { query, input, files }: { readonly query: string; readonly input: object; readonly files: readonly Uint8Array[] },
): Promise<Data> {
  const form = new FormData();
  form.append("operations", JSON.stringify({ query, variables: { input: { ...input, files: files.map(() => null) } } }));
  form.append("map", JSON.stringify(Object.fromEntries(files.map((_, index) => [index, [`variables.input.files.${index}`]]))));
  files.forEach((file, index) => form.append(String(index), new Blob([Uint8Array.from(file)]), `file ${index}`));
  const headers = { authorization: `Bearer ${key}`, "apollo-require-preflight": "1" };
  const response = await fetch(`${url}/graphql`, { method: "POST", headers, body: form });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  if (errors) throw new Error(`${query} was answered ${JSON.stringify(errors)}`);
  return data;
}
