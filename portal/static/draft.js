// Keeps a form while one types, and asks only what earlier answers call for. Without scripts the
// buttons save, and every question that might be asked is shown with a word on when it is.
const form = document.querySelector("form[data-draft]");
if (form) {
  const PAUSE = 800;
  const told = form.querySelector("[data-draft-told]");
  const version = form.elements.namedItem("version");
  let waiting = 0;
  let running = null;
  let dirty = false;
  let stopped = false;

  const body = () => new URLSearchParams(new FormData(form));

  const save = async () => {
    dirty = false;
    told.textContent = "正在保存…";
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: body() });
      const json = (answer.headers.get("content-type") ?? "").includes("json");
      const said = json ? await answer.json() : null;
      if (answer.ok && said) {
        version.value = said.version;
      }
      stopped = Boolean(said?.stop);
      told.textContent = said?.said ?? "没能自动保存，请点“保存草稿”。";
    } catch {
      told.textContent = "网络不通，填的内容还在本页，连上后会再保存。";
      dirty = true;
    }
  };

  const saveInTurn = async () => {
    clearTimeout(waiting);
    if (running || stopped || !dirty) return;
    running = save();
    await running;
    running = null;
    if (dirty && !stopped) waiting = setTimeout(saveInTurn, 5 * PAUSE);
  };

  const chosen = (name) =>
    new FormData(form).getAll(name).filter((each) => each !== "");

  const ask = () => {
    for (const part of form.querySelectorAll("[data-when]")) {
      const when = Object.entries(JSON.parse(part.dataset.when));
      part.hidden = !when.every(([name, some]) => chosen(name).some((each) => some.includes(each)));
    }
  };

  form.addEventListener("input", () => {
    ask();
    dirty = true;
    clearTimeout(waiting);
    waiting = setTimeout(saveInTurn, PAUSE);
  });

  // A save under way is waited for, so that the page does not contradict itself.
  form.addEventListener("submit", async (event) => {
    clearTimeout(waiting);
    dirty = false; // the button sends it all
    if (!running) return;
    event.preventDefault();
    await running;
    dirty = false;
    form.requestSubmit(event.submitter);
  });

  // Leaving the page, or turning to another app: what was typed last is sent along.
  const leave = () => {
    if (!dirty || running || stopped) return;
    dirty = false;
    clearTimeout(waiting);
    fetch(form.dataset.draft, { method: "POST", body: body(), keepalive: true })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((said) => {
        if (said?.version) version.value = said.version;
      })
      .catch(() => {
        dirty = true;
      });
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
  });
  addEventListener("pagehide", leave);

  addEventListener("online", saveInTurn);
  ask();
}
