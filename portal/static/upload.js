// Choosing a file sends it at once; without scripts the button beside it does.
for (const form of document.querySelectorAll("form[data-sends-chosen]")) {
  const [input, button] = [form.querySelector("input[type=file]"), form.querySelector("button")];
  input.addEventListener("change", () => {
    if (input.files.length && input.files[0].size <= 5 * 1024 * 1024) {
      button.textContent = "正在上传…";
      form.requestSubmit(button);
    }
  });
}
