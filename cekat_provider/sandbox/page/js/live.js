// What changed, without a reload. A browser grants a host six connections, so that a seventh tab with a stream of its
// own would hang: one tab holds the stream and tells the others; when it is closed, another takes its place.

export function listen(onTopics, onState) {
  const others = new BroadcastChannel("cekat-sandbox");
  let state;

  const told = (message) => {
    if (message.state) onState(message.state);
    if (message.topics) onTopics(message.topics);
  };
  others.onmessage = ({ data }) => {
    if (!data.ask) told(data);
    else if (state) others.postMessage({ state });
  };
  const tell = (message) => {
    told(message);
    others.postMessage(message);
  };

  const hold = () => {
    const stream = new EventSource("sandbox/events");
    const set = (now) => tell({ state: (state = now) });
    stream.onopen = () => set("live");
    stream.onmessage = ({ data }) => tell({ topics: JSON.parse(data) });
    stream.onerror = () => {
      set("lost");
      if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      stream.close();
      setTimeout(hold, 1000);
    };
  };

  others.postMessage({ ask: true });
  // Locks need a secure context, which loopback is; elsewhere each tab has its own stream.
  if (navigator.locks) navigator.locks.request("cekat-sandbox-events", () => (hold(), new Promise(() => {})));
  else hold();
}
