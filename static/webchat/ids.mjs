/** `crypto.randomUUID` exists only on https and localhost; a hub on a plain intranet address needs ids as well. */
export function uuid() {
  return crypto.randomUUID?.() ?? asUuid(crypto.getRandomValues(new Uint8Array(16)));
}

/** RFC 9562, version 4. */
export function asUuid(bytes) {
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
