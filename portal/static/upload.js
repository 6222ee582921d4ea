// Choosing a file sends it at once; without scripts the button beside it does. A large file goes in
// parts, with its progress; after an interruption the same file goes on where it was left.
const SMALL = 1024 * 1024;
const AT_ONCE = 5 * 1024 * 1024;
const LARGEST = 20 * 1024 * 1024;
const TRIES = 4;
const inParts = Boolean(globalThis.crypto?.subtle);

const pause = (seconds) => new Promise((wake) => setTimeout(wake, seconds * 1000));

class Refused extends Error {
  constructor(told) {
    super(told.detail ?? "没有传成功，请重试。");
    this.offset = told.offset;
  }
}

const ask = async (form, fields, part) => {
  const body = new FormData();
  body.set("csrf", form.elements.namedItem("csrf").value);
  for (const [name, text] of Object.entries(fields)) body.set(name, text);
  if (part) body.set("part", part, "part");
  const answer = await fetch(form.dataset.parts, { method: "POST", body });
  const json = (answer.headers.get("content-type") ?? "").includes("json");
  const told = json ? await answer.json() : {};
  if (answer.ok && json) return told;
  if (answer.status >= 500 || answer.status === 429) throw new TypeError("try again");
  throw new Refused(told);
};

// What the network loses is sent again; what is refused is not.
const insist = async (step, say) => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await step();
    } catch (fault) {
      if (fault instanceof Refused || tried === TRIES) throw fault;
      say("网络不稳，正在重试…");
      await pause(2 ** (tried - 1));
    }
  }
};

const hashed = async (file) => {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((each) => each.toString(16).padStart(2, "0")).join("");
};

const sendParts = async (form, field, file, say) => {
  say("正在读取文件…");
  const sha256 = await hashed(file);
  const wanted = { act: "begin", field, name: file.name, size: file.size, sha256 };
  let state = await insist(() => ask(form, wanted), say);
  while (state.offset < file.size) {
    say(`正在上传 ${Math.floor((state.offset / file.size) * 100)}%`);
    const part = file.slice(state.offset, state.offset + state.most);
    const fields = { act: "part", upload: state.upload, offset: state.offset };
    try {
      state = await insist(() => ask(form, fields, part), say);
    } catch (fault) {
      if (!(fault instanceof Refused) || fault.offset === undefined) throw fault;
      state = { ...state, offset: fault.offset }; // an answer was lost: it has the part
    }
  }
  say("正在检查文件…");
  await insist(() => ask(form, { act: "finish", upload: state.upload }), say);
};

const complain = (form, input, text) => {
  let place = form.querySelector(".error");
  if (!place) {
    place = document.createElement("p");
    place.className = "error";
    place.id = `${input.id}-error`;
    input.before(place);
    input.setAttribute("aria-describedby", place.id);
  }
  place.setAttribute("role", "alert");
  place.textContent = text;
};

for (const form of document.querySelectorAll("form[data-sends-chosen]")) {
  const [input, button] = [form.querySelector("input[type=file]"), form.querySelector("button")];
  const parts = inParts && form.dataset.parts !== undefined;
  const label = button.textContent;
  const hint = form.querySelector(".hint");
  if (parts && hint) hint.textContent = hint.textContent.replace("5 MB", "20 MB");

  const send = async () => {
    const [file] = input.files;
    input.disabled = button.disabled = true;
    const say = (text) => (button.textContent = text);
    try {
      await sendParts(form, input.name, file, say);
      location.reload();
    } catch (fault) {
      const lost = "网络断了，已传的部分还在。连上网后点“继续上传”接着传。";
      complain(form, input, fault instanceof Refused ? fault.message : lost);
      say(fault instanceof Refused ? label : "继续上传");
      input.disabled = button.disabled = false;
      button.focus();
    }
  };

  const large = () => parts && input.files.length === 1 && input.files[0].size > SMALL;

  form.addEventListener("submit", (event) => {
    if (!large()) return;
    event.preventDefault();
    send();
  });

  input.addEventListener("change", () => {
    if (!input.files.length) return;
    if (large() && input.files[0].size > LARGEST) {
      complain(form, input, "文件超过20MB，请压缩或分成几份再传。");
    } else if (large()) {
      send();
    } else if (input.files[0].size <= AT_ONCE) {
      button.textContent = "正在上传…";
      form.requestSubmit(button);
    }
  });
}
