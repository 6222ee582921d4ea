// One bubble of a chat: words, links, cards. Everything that came over the wire is set as text.
import { make, written } from "./page.js";

const PAUSE_SECONDS = 300;

/** The time between bubbles, when a while has passed. */
export function pause(bubble, before) {
  if (before && bubble.at - before.at < PAUSE_SECONDS) return null;
  return make("p", { class: "when" }, written(bubble.at, "whole"));
}

/** The element of a bubble. `deeds`: open(url), choose(content, id), jump(path), details(no). */
export function show(bubble, owner, deeds) {
  if (bubble.side === "note") {
    return make("div", { class: "note", "data-no": bubble.no }, make("p", {}, bubble.text), journey(bubble, deeds));
  }
  const mine = bubble.side === "me";
  const face = mine
    ? make("span", { class: `avatar ${owner.tone}`, "aria-hidden": "true" }, owner.name[0])
    : make("span", { class: "avatar account", "aria-hidden": "true" }, "政");
  const says = make("span", { class: "unseen" }, mine ? `${owner.name}说：` : "公众号说：");
  const body = make("div", { class: "body" }, says, content(bubble, deeds), journey(bubble, deeds));
  return make("div", { class: `line ${bubble.side} ${bubble.kind}`, "data-no": bubble.no }, face, body);
}

function content(bubble, deeds) {
  const shapes = { news, template, choices, miniprogram };
  if (shapes[bubble.kind]) return shapes[bubble.kind](bubble, deeds);
  const parts = (bubble.parts ?? [{ kind: "text", text: bubble.text }]).map((part) => inText(part, deeds));
  return make("p", { class: "bubble" }, ...parts);
}

function inText(part, deeds) {
  if (part.kind === "text") return part.text;
  const acts = {
    link: () => deeds.open(part.url),
    choice: () => deeds.choose(part.content, part.id),
    miniprogram: () => deeds.jump(part.path),
  };
  return make("button", { type: "button", class: "link", onclick: acts[part.kind] }, part.text);
}

function news(bubble, deeds) {
  const cards = bubble.articles.map((article, index) => {
    const picture = article.picture ? make("img", { src: article.picture, alt: "", loading: "lazy" }) : null;
    const words = make("span", {}, make("strong", {}, article.title));
    if (index === 0 && article.description) words.append(make("small", {}, article.description));
    return make("button", { type: "button", class: index ? "article" : "article first", onclick: () => deeds.open(article.url) }, picture, words);
  });
  return make("div", { class: "card" }, ...cards);
}

function template(bubble, deeds) {
  const rows = bubble.fields.map((field) => make("div", {}, make("dt", {}, field.label), make("dd", {}, field.value)));
  const card = make("div", { class: "card service" }, make("p", { class: "heading" }, "服务通知"), make("h3", {}, bubble.title), make("dl", {}, ...rows));
  if (bubble.cut.length) card.append(make("p", { class: "quiet" }, `超过 20 字，微信已截断：${bubble.cut.join("、")}`));
  if (bubble.miniprogram) card.append(further("进入小程序查看", () => deeds.jump(bubble.miniprogram.path)));
  else if (bubble.url) card.append(further("查看详情", () => deeds.open(bubble.url)));
  return card;
}

function choices(bubble, deeds) {
  const list = bubble.choices.map((choice) =>
    make("li", {}, make("button", { type: "button", class: "link", onclick: () => deeds.choose(choice.content, choice.id) }, choice.content)));
  return make("div", { class: "bubble" }, bubble.head, make("ul", {}, ...list), bubble.tail);
}

function miniprogram(bubble, deeds) {
  return make("div", { class: "card" }, make("h3", {}, bubble.title), further("打开小程序", () => deeds.jump(bubble.miniprogram.path)));
}

function further(words, onclick) {
  return make("button", { type: "button", class: "further", onclick }, make("span", {}, words), make("span", { "aria-hidden": "true" }, "›"));
}

/** How the message travelled, in a few words; a tap lays it open. */
export function journey(bubble, deeds) {
  if (!bubble.exchange) return null;
  const no = bubble.exchange.no;
  const button = make("button", { type: "button", class: "journey", "data-exchange": no, onclick: () => deeds.details(no) });
  travelled(button, bubble.exchange);
  return button;
}

/** Write the state of an exchange on its button. */
export function travelled(button, exchange) {
  button.textContent = words(exchange);
  button.classList.toggle("bad", exchange.outcome === "fault");
  button.setAttribute("aria-label", `${button.textContent}，查看往来`);
}

function words(exchange) {
  const seconds = exchange.milliseconds;
  const time = seconds >= 1000 ? `${(seconds / 1000).toFixed(1)} 秒` : `${seconds} 毫秒`;
  if (exchange.outcome === "sending") {
    return exchange.tries ? `第 ${exchange.tries} 次没有回应，再试…` : "发送中…";
  }
  if (exchange.outcome === "fault") return `推送 ${exchange.tries} 次失败 · ${time}`;
  return exchange.tries > 1 ? `第 ${exchange.tries} 次送达 · ${time}` : `已送达 · ${time}`;
}
