// What the page knows. Everything drawn is drawn from this.

export const state = {
  overview: null, // as /sandbox/overview told it
  openId: null, // the conversation that is open
  messages: [], // its newest ones, as many as `wanted`
  wanted: 100,
  selectedId: null, // the message in the inspector
  tab: "message",
  search: "",
  sender: "user", // who writes: user, agent or private_note
  seen: {}, // conversation → how many messages were looked at
};

let driftMs = 0;

// The sandbox's clock, which ticks here between two looks at it.
export const nowMs = () => Date.now() + driftMs;
export const setClock = (now) => (driftMs = Date.parse(now) - Date.now());

export const openConversation = () => state.overview?.conversations.find((one) => one.id === state.openId) ?? null;
export const selectedMessage = () => state.messages.find((one) => one.id === state.selectedId) ?? null;

const KEPT = "cekat-sandbox-seen";

export function loadSeen() {
  try {
    state.seen = JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    state.seen = {};
  }
}

export function markSeen(id, count) {
  if (state.seen[id] === count) return;
  const known = new Set(state.overview.conversations.map((one) => one.id));
  state.seen = Object.fromEntries(Object.entries({ ...state.seen, [id]: count }).filter(([key]) => known.has(key)));
  localStorage.setItem(KEPT, JSON.stringify(state.seen));
}

export const unseen = (one) => Math.max(0, one.count - (state.seen[one.id] ?? 0));

// Which task sent a message, from the headers that the provider adds.
export function task(headers) {
  const told = (name) => {
    const value = headers?.[`x-airflow-${name}`];
    if (value === undefined) return null;
    try {
      return decodeURIComponent(value);
    } catch {
      return value;
    }
  };
  const names = { dag: "dag-id", run: "run-id", task: "task-id", mapIndex: "map-index", attempt: "try-number" };
  const found = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, told(name)]));
  return found.dag || found.task ? found : null;
}
