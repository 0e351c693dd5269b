import type { Json } from "../model";

/** JSON with sorted keys and no spaces: the form of a response that is digested on both sides. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`);
    return `{${entries.join(",")}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 of bytes, as hex. */
export async function sha256(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The digest that goes with a save and comes back with the centre's acknowledgement. */
export function saveDigest(attempt: number, slot: string, seq: number, response: Json): Promise<string> {
  return sha256(new TextEncoder().encode(`${attempt}\n${slot}\n${seq}\n${canonical(response)}`));
}
