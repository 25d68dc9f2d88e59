/** Small values in the browser's storage, or in memory where a private window or a partitioned frame has none. */

/**
 * @param {"localStorage"|"sessionStorage"} name
 * @returns {{read: (key: string) => any, write: (key: string, value: any) => void, readonly lasts: boolean}} `lasts`: nothing was in vain so far
 */
export function storage(name) {
  const area = usable(name);
  const memory = new Map();
  return {
    get lasts() {
      return area !== null && memory.size === 0;
    },
    read: (key) => (memory.has(key) ? memory.get(key) : stored(area, key)),
    write(key, value) {
      if (!kept(area, key, value)) memory.set(key, value);
      else memory.delete(key);
    },
  };
}

/** One value of it. */
export function shelf(store, key) {
  return { read: () => store.read(key), write: (value) => store.write(key, value) };
}

/** One value that stays in memory until `may` says so, and then until `release` is called. */
export function heldBack({ read, write }, may) {
  let held;
  return {
    read: () => held ?? read(),
    write: (value) => (may() ? write(value) : (held = value)),
    release() {
      if (held !== undefined) write(held);
      held = undefined;
    },
  };
}

/** Reading the property alone throws where storage is blocked. */
function usable(name) {
  try {
    return globalThis[name] ?? null;
  } catch {
    return null;
  }
}

function stored(area, key) {
  try {
    return JSON.parse(area?.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function kept(area, key, value) {
  try {
    area.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
