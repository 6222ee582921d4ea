// While one types, the server looks the page over and says which element has a fault.
const form = document.querySelector("form[data-checks]");
if (form) {
  const told = document.querySelector("[data-told]");
  let waiting = 0;
  let asked = 0;

  const look = async () => {
    const mine = ++asked;
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.dataset.checks, { method: "POST", body });
      if (!answer.ok || mine !== asked) return;
      show(await answer.json());
    } catch {
      // Offline for a moment: the server checks again when the page is saved.
    }
  };

  const show = (faults) => {
    for (const slot of form.querySelectorAll("[data-fault]")) {
      const here = faults.here.filter((each) => each.box === slot.dataset.fault);
      slot.replaceChildren(
        ...here.map((each) => {
          const line = document.createElement("span");
          line.className = `fault fault-${each.severity}`;
          line.textContent = each.message;
          return line;
        }),
      );
    }
    told.textContent = faults.said;
  };

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 400);
  });
  look();
}
