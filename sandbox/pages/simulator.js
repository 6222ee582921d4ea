// The phones side by side: who is shown, and what happens live on each.
import { Clock, largeType, make, written } from "./page.js";
import { Phone } from "./phone.js";

const TROUBLE_SECONDS = 8;
const place = document.getElementById("phones");
const chooser = document.querySelector(".people");
const chips = [...chooser.querySelectorAll("[data-person]")];
const most = Number(chooser.dataset.most);
const clock = new Clock();
const phones = new Map();
let stream = null;
let hush = 0;

const desk = {
  origin: chooser.dataset.desk,
  closed: (key) => choose(key, false),
  /** One browser has one set of cookies: a page of another person is closed before. */
  opened: (phone) => phones.forEach((other) => other === phone || other.leave()),
  details(no) {
    const dialog = document.getElementById("details");
    const frame = make("iframe", { src: `/simulator/exchanges/${no}`, title: "这条消息的往来" });
    dialog.querySelector(".frame").replaceChildren(frame);
    dialog.showModal();
  },
  ask(title, label, value) {
    const dialog = document.getElementById("asking");
    const input = dialog.querySelector("input");
    dialog.querySelector("h2").textContent = title;
    dialog.querySelector("label").textContent = label;
    input.value = value;
    dialog.returnValue = "";
    dialog.showModal();
    input.select();
    return new Promise((done) => dialog.addEventListener(
      "close", () => done(dialog.returnValue === "ok" ? input.value.trim() : ""), { once: true }));
  },
  trouble(text) {
    const banner = document.getElementById("trouble");
    banner.textContent = text;
    banner.hidden = false;
    clearTimeout(hush);
    hush = setTimeout(() => { banner.hidden = true; }, TROUBLE_SECONDS * 1000);
  },
};

function shown() {
  return chips.filter((chip) => chip.getAttribute("aria-pressed") === "true");
}

function choose(key, on) {
  const chip = chips.find((each) => each.dataset.person === key);
  if (on && shown().length >= most) return desk.trouble(`最多并排 ${most} 部手机。`);
  if (!on && shown().length === 1) return desk.trouble("至少留一部手机。");
  chip.setAttribute("aria-pressed", String(on));
  return lay(on ? key : null);
}

/** Bring the phones in line with the people chosen. */
function lay(added) {
  const keys = shown().map((chip) => chip.dataset.person);
  for (const [key, phone] of phones) {
    if (!keys.includes(key)) {
      phone.root.remove();
      phones.delete(key);
    }
  }
  for (const key of keys) {
    if (!phones.has(key)) phones.set(key, new Phone(key, `tone${chips.findIndex((c) => c.dataset.person === key) % 8}`, clock, desk));
    const phone = phones.get(key);
    if (phone.root.parentNode !== place) place.append(phone.root);
  }
  history.replaceState(null, "", `?people=${keys.join(",")}`);
  connect(keys);
  if (added) phones.get(added).root.scrollIntoView({ behavior: "smooth", inline: "center", block: "nearest" });
}

async function loadAll() {
  try {
    await Promise.all([...phones.values()].map((phone) => phone.load()));
    tick();
  } catch (trouble) {
    desk.trouble(`读不到聊天记录：${trouble.message}`);
  }
}

/** Hear what happens on these phones; on every new connection all is read afresh. */
function connect(keys) {
  stream?.close();
  stream = new EventSource(`/simulator/live?people=${keys.join(",")}`);
  const hear = (kind, act) => stream.addEventListener(kind, (event) => act(JSON.parse(event.data)));
  const toPhone = (act) => (told) => { const phone = phones.get(told.person); if (phone?.person) act(phone, told); };
  stream.addEventListener("open", loadAll);
  hear("bubble", toPhone((phone, told) => phone.add(told.bubble)));
  hear("exchange", toPhone((phone, told) => phone.fares(told.exchange)));
  hear("person", toPhone((phone, told) => phone.relate(told)));
  hear("clock", (told) => { clock.set(told.now, told.frozen); tick(); });
  hear("menu", loadAll);
  hear("reset", () => { phones.forEach((phone) => phone.leave()); loadAll(); });
  stream.addEventListener("error", () => desk.trouble("和模拟器的连接断了，正在重新连接…"));
}

function tick() {
  document.getElementById("clock").textContent = written(clock.now(), "whole");
  phones.forEach((phone) => phone.tick());
}

document.addEventListener("click", (event) => {
  for (const phone of phones.values()) {
    if (!event.target.closest(".bar .sheet, .more")) phone.sheet(false);
  }
});
chips.forEach((chip) => chip.addEventListener(
  "click", () => choose(chip.dataset.person, chip.getAttribute("aria-pressed") !== "true")));
document.getElementById("details").addEventListener("close", (event) => event.target.querySelector(".frame").replaceChildren());
largeType(document.getElementById("large"));
setInterval(tick, 5000);
lay(null);
