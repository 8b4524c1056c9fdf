import { defineLoader } from "../graphql/loaders.ts";
import { findImageTokens } from "./image.store.ts";

/** The addresses of pictures, by the pictures' ids. */
export const imageUrlLoader = defineLoader<string>("image addresses", async ({ database, publicUrl }, ids) => {
  const tokens = await findImageTokens(database.executor, ids);
  return ids.map((id) => (tokens.has(id) ? `${publicUrl}/images/${tokens.get(id)}` : null));
});
