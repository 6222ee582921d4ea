// The ledger of the control panel renews itself; forms work without this.
import { largeType } from "./page.js";

const EVERY_SECONDS = 2;
const table = document.getElementById("ledger-table");
const filter = document.getElementById("ledger-filter");
const automatic = document.getElementById("ledger-automatic");

async function renew() {
  const query = new URLSearchParams(new FormData(filter));
  const answer = await fetch(`/panel/ledger?${query}`);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const rows = [...fresh.querySelectorAll("tbody tr")].map((row) => document.importNode(row, true));
  const open = new Map([...table.querySelectorAll("tr:has(details[open])")].map((row) => [row.dataset.no, row]));
  const body = table.querySelector("tbody");
  const at = table.contains(document.activeElement) ? document.activeElement.closest("tr")?.dataset.no : null;
  body.replaceChildren(...rows.map((row) => open.get(row.dataset.no) ?? row));
  if (at) body.querySelector(`tr[data-no="${at}"] summary`)?.focus({ preventScroll: true });
}

filter.addEventListener("submit", (event) => { event.preventDefault(); renew(); });
filter.addEventListener("change", renew);
largeType(document.getElementById("large"));
setInterval(() => { if (automatic.checked && !document.hidden) renew().catch(() => {}); }, EVERY_SECONDS * 1000);
