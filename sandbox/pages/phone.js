// One phone: a person's chat with the account, its menu, and pages opened from it.
import { call, make, written } from "./page.js";
import { pause, show, travelled } from "./bubbles.js";

const FRAME_RIGHTS = "allow-forms allow-scripts allow-same-origin allow-downloads allow-popups";
const FIRST_WORDS = ["开饭店", "补办身份证", "热门", "查进度"];
const MOST_BUBBLES = 300;

export class Phone {
  /** `desk` offers ask(), details(), opened(phone), closed(person), trouble(text), and origin. */
  constructor(key, tone, clock, desk) {
    this.key = key;
    this.tone = tone;
    this.clock = clock;
    this.desk = desk;
    this.last = null;
    this.root = document.getElementById("phone").content.firstElementChild.cloneNode(true);
    this.root.id = `phone-${key}`;
    this.chat = this.part(".chat");
    this.deeds = {
      open: (url) => this.open(url),
      choose: (content, id) => this.do("say", { text: content, bizmsgmenuid: id }),
      jump: (path) => this.visit(`/simulator/miniprogram?path=${encodeURIComponent(path)}`, "小程序"),
      details: (no) => desk.details(no),
    };
    this.listen();
  }

  part(selector) {
    return this.root.querySelector(selector);
  }

  listen() {
    this.part(".say").addEventListener("submit", (event) => this.say(event));
    this.part(".take-away").addEventListener("click", () => this.desk.closed(this.key));
    this.part(".more").addEventListener("click", () => this.sheet(this.part(".sheet").hidden));
    this.part(".page .close").addEventListener("click", () => this.leave());
    this.part(".page .again").addEventListener("click", () => this.visit(this.source, this.address));
    for (const button of this.root.querySelectorAll("[data-deed]")) {
      button.addEventListener("click", () => this.more(button.dataset.deed));
    }
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.sheet(false);
    });
  }

  /** Read everything this phone shows, anew. */
  async load() {
    const told = await call(`/simulator/chats/${encodeURIComponent(this.key)}`);
    this.clock.set(told.now, told.frozen);
    this.person = { name: told.person.name, tone: this.tone };
    this.root.setAttribute("aria-label", told.person.label);
    this.part(".owner").textContent = told.person.label;
    this.part(".take-away").setAttribute("aria-label", `收起${told.person.name}的手机`);
    this.chat.replaceChildren();
    this.last = null;
    this.chat.setAttribute("aria-busy", "true");
    told.bubbles.forEach((bubble) => this.add(bubble));
    this.chat.removeAttribute("aria-busy");
    if (!told.bubbles.length) this.chat.append(this.suggestions());
    this.relate(told.person);
    this.menu(told.menu);
    this.tick();
    this.down();
  }

  /** What a newcomer may say first. */
  suggestions() {
    const buttons = FIRST_WORDS.map((text) => make(
      "button", { type: "button", class: "chip", onclick: () => this.do("say", { text }) }, text));
    return make("div", { class: "try" }, make("p", {}, "还没有聊天。可以试试："), make("div", { class: "row" }, ...buttons));
  }

  /** Show one more bubble. */
  add(bubble) {
    if (this.last && bubble.no <= this.last.no) return;
    const near = this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < 240;
    const when = pause(bubble, this.last);
    if (when) this.chat.append(when);
    const line = show(bubble, this.person, this.deeds);
    this.part(".try")?.remove();
    this.chat.append(line);
    while (this.chat.childElementCount > MOST_BUBBLES) this.chat.firstElementChild.remove();
    this.last = bubble;
    if (near || bubble.side === "me") this.down(line);
    if (bubble.side === "account" && !this.part(".page").hidden) this.knock(bubble);
  }

  /** A message arrives while a page is open: a slip over it leads back to the chat. */
  knock(bubble) {
    const words = bubble.kind === "template" ? `服务通知：${bubble.title}` : "公众号发来一条新消息";
    const slip = this.part(".arrived");
    slip.replaceChildren(make("button", { type: "button", onclick: () => this.leave() }, words));
    slip.hidden = false;
  }

  /** How a message fares has changed. */
  fares(exchange) {
    const button = this.chat.querySelector(`[data-exchange="${exchange.no}"]`);
    if (button) travelled(button, exchange);
  }

  /** Whether this person follows the account. */
  relate({ following, blocking }) {
    this.following = following;
    this.part(".say").hidden = !following;
    this.part(".stranger").hidden = following;
    this.part(".menu").hidden = !following;
    const words = following ? "取消关注" : "关注公众号";
    this.part(".sheet [data-deed=follow]").textContent = words;
    this.part(".bar h2").classList.toggle("blocked", Boolean(blocking));
  }

  /** The account's menu, as the desk published it. */
  menu(buttons) {
    const bar = this.part(".menu");
    bar.replaceChildren();
    if (!buttons.length) {
      bar.append(make("p", { class: "quiet" }, "公众号还没有发布菜单"));
      return;
    }
    buttons.forEach((button, index) => bar.append(this.menuButton(button, [index])));
  }

  menuButton(button, path) {
    if (!button.sub_button.length) {
      return make("button", { type: "button", onclick: () => this.tap(path) }, button.name);
    }
    const list = make("ul", { class: "sheet", hidden: "" });
    const top = make("button", { type: "button", "aria-expanded": "false", class: "opens" }, button.name);
    const unfold = (on) => {
      list.hidden = !on;
      top.setAttribute("aria-expanded", String(on));
    };
    button.sub_button.forEach((below, index) => list.append(make("li", {}, make("button", {
      type: "button",
      onclick: () => { unfold(false); this.tap([...path, index]); },
    }, below.name))));
    const box = make("div", { class: "opening" }, top, list);
    top.addEventListener("click", () => unfold(list.hidden));
    box.addEventListener("focusout", (event) => box.contains(event.relatedTarget) || unfold(false));
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { unfold(false); top.focus(); }
    });
    return box;
  }

  async tap(path) {
    const told = await this.do("tap", { path });
    if (!told) return;
    const { type, url, pagepath } = told.button;
    if (type === "view") this.open(url);
    else if (type === "miniprogram") this.deeds.jump(pagepath);
    else if (type !== "click") this.desk.trouble(`模拟器还不支持这种菜单：${type}`);
  }

  async say(event) {
    event.preventDefault();
    const input = event.target.elements.text;
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    if (!await this.do("say", { text }) && !input.value) input.value = text;
  }

  async more(deed) {
    this.sheet(false);
    if (deed === "follow") {
      await this.do(this.following ? "unfollow" : "follow", {});
    } else if (deed === "scan") {
      const scene = await this.desk.ask("扫一扫", "二维码的场景值，例如 hall-shenhe", "hall-shenhe");
      if (scene) await this.do("scan", { scene });
    } else {
      const url = await this.desk.ask("打开网页", "网页地址（本机）", `${this.desk.origin}/`);
      if (url) this.open(url);
    }
  }

  sheet(on) {
    this.part(".bar .sheet").hidden = !on;
    this.part(".more").setAttribute("aria-expanded", String(on));
  }

  async do(deed, told) {
    try {
      return await call(`/_ctl/people/${encodeURIComponent(this.key)}/${deed}`, told);
    } catch (trouble) {
      this.desk.trouble(`没有成功：${trouble.message}`);
      return null;
    }
  }

  /** Open a page of ours (or tell that it is elsewhere) inside this phone. */
  open(url) {
    const query = new URLSearchParams({ person: this.key, url });
    this.visit(`/simulator/open?${query}`, url);
  }

  visit(source, address) {
    this.desk.opened(this);
    this.source = source;
    this.address = address;
    this.part(".address").textContent = address;
    const frame = make("iframe", { title: `${this.person.name}手机里的网页`, sandbox: FRAME_RIGHTS, src: source });
    this.part(".page .frame").replaceChildren(frame);
    this.cover(true);
    this.part(".page .close").focus();
  }

  /** A page lies over the chat: what is below cannot be reached by keyboard either. */
  cover(on) {
    this.part(".page").hidden = !on;
    for (const each of this.part(".case").children) {
      if (!each.matches(".page, .arrived, .status")) each.inert = on;
    }
  }

  /** Close the page and show the chat. */
  leave() {
    if (this.part(".page").hidden) return;
    const inside = this.part(".page").contains(document.activeElement);
    this.cover(false);
    this.part(".arrived").hidden = true;
    this.part(".page .frame").replaceChildren();
    if (inside && this.following) this.part(".say input").focus({ preventScroll: true });
    this.down();
  }

  tick() {
    this.part(".status time").textContent = written(this.clock.now());
  }

  /** Scroll to the end; a bubble higher than the phone is shown from its beginning. */
  down(line = this.chat.lastElementChild) {
    const top = line ? line.offsetTop - this.chat.offsetTop - 8 : 0;
    const high = line && line.offsetHeight > this.chat.clientHeight;
    this.chat.scrollTop = high ? top : this.chat.scrollHeight;
  }
}
