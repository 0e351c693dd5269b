/** The centre's clock on a page of the site: counts on from what the server said, whatever this device's clock says. */

/** How far the time that the page shows is from UTC, in ms: the centre may be in another time zone than this device. */
function zoneShift(shown: string, now: number): number {
  const [hours = 0, minutes = 0] = shown.split(":").map(Number);
  const utc = new Date(now);
  const difference = (hours - utc.getUTCHours()) * 60 + minutes - utc.getUTCMinutes();
  return (((difference + 2160) % 1440) - 720) * 60_000;
}

/** Keeps `place` showing the time, and tells `each` the centre's time in ms every second. Returns how to set it again. */
export function startClock(place: HTMLElement, now: number, each: (now: number) => void = () => undefined): (now: number) => void {
  let offset = now - Date.now();
  const shift = zoneShift(place.textContent ?? "", now);
  const tick = () => {
    const time = Date.now() + offset;
    place.textContent = new Date(time + shift).toISOString().slice(11, 19);
    each(time);
  };
  tick();
  setInterval(tick, 1000);
  return (again) => { offset = again - Date.now(); };
}
