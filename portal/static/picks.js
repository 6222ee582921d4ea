// Ticks all lines of the page at once, or none when all are ticked.
const form = document.querySelector("form[data-picks]");
const all = form?.querySelector("[data-picks-all]");
if (all) {
  const boxes = [...form.querySelectorAll("input[name=pick]")];
  all.hidden = false;
  all.addEventListener("click", () => {
    const on = boxes.some((each) => !each.checked);
    for (const each of boxes) each.checked = on;
  });
}
