// Asks the phone where it is, to about a hundred metres; the form works without.
const button = document.querySelector("[data-locates]");
const status = document.querySelector("[data-locating]");
if (button && "geolocation" in navigator) {
  button.hidden = false;
  button.addEventListener("click", () => {
    status.hidden = false;
    status.textContent = "正在定位…";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const at = new URLSearchParams({
          lat: coords.latitude.toFixed(3),
          lon: coords.longitude.toFixed(3),
        });
        location.assign(`/halls?${at}`);
      },
      () => {
        status.textContent = "没能取得位置，请在上面选择区和街道。";
      },
      { timeout: 8000, maximumAge: 300000 },
    );
  });
}
