// Times, names and numbers, as a person reads them.

const DAY = 86_400_000;
const startOf = (ms) => new Date(ms).setHours(0, 0, 0, 0);

export const clockTime = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
export const fullTime = (at) => new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export function day(at, nowMs) {
  const days = Math.round((startOf(nowMs) - startOf(at)) / DAY);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

export function shortTime(at, nowMs) {
  if (startOf(at) === startOf(nowMs)) return clockTime(at);
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

export function duration(seconds) {
  const minutes = Math.round(Math.abs(seconds) / 60);
  const [d, hours, m] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (d >= 2) return `${d} d ${hours} h`;
  if (minutes >= 60) return m ? `${d * 24 + hours} h ${m} min` : `${d * 24 + hours} h`;
  return minutes ? `${m} min` : `${Math.round(Math.abs(seconds))} s`;
}

export const offset = (seconds) => (seconds < 0 ? "−" : "+") + duration(seconds);

export function initials(name) {
  const words = name.match(/\p{L}+/gu);
  return words ? words.slice(0, 2).map((word) => word[0].toUpperCase()).join("") : name.slice(-2);
}

export function phoneNumber(digits) {
  const indonesian = /^62(\d{3})(\d{4})(\d+)$/.exec(digits);
  return indonesian ? `+62 ${indonesian[1]}-${indonesian[2]}-${indonesian[3]}` : `+${digits}`;
}

export function tint(text) {
  let sum = 0;
  for (const character of text) sum = (sum * 31 + character.codePointAt(0)) % 997;
  return `tint-${sum % 6}`;
}

export const WHOLE = { text: "Message", image: "Photo", video: "Video", document: "Document", audio: "Audio", location: "Location" };
