// Small tools of the sandbox's pages.

/** An element with attributes and children; text stays text. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") element.addEventListener("click", value);
    else if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Call the sandbox; throws an Error with its sentence. */
export async function call(path, told) {
  const answer = await fetch(path, told === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(told),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error || `HTTP ${answer.status}`);
  return said;
}

/** The sandbox's moving clock, shown in Shenyang's time. */
export class Clock {
  constructor() {
    this.offset = 0;
    this.stopped = null;
  }

  set(now, frozen) {
    this.stopped = frozen ? now : null;
    this.offset = now - Date.now() / 1000;
  }

  now() {
    return this.stopped ?? Date.now() / 1000 + this.offset;
  }
}

const shapes = {
  minute: { hour: "2-digit", minute: "2-digit", hour12: false },
  whole: { month: "numeric", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false },
};

/** An instant (epoch seconds) as people in Shenyang write it. */
export function written(seconds, shape = "minute") {
  const how = { timeZone: "Asia/Shanghai", ...shapes[shape] };
  return new Intl.DateTimeFormat("zh-CN", how).format(new Date(seconds * 1000));
}

/** The button that makes everything larger; remembered in this browser. */
export function largeType(button) {
  const root = document.documentElement;
  const show = (on) => {
    root.classList.toggle("large", on);
    button.setAttribute("aria-pressed", String(on));
  };
  show(localStorage.getItem("large") === "1");
  button.addEventListener("click", () => {
    const on = !root.classList.contains("large");
    localStorage.setItem("large", on ? "1" : "0");
    show(on);
  });
}
