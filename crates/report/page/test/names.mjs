// Names as unkind as names can be: each would do something if it were taken for HTML, script or an address.
export const names = [
  "<img src=x onerror=\"window.broken=1\">", "</script><script>window.broken=2</script>", "'\"`${window.broken=3}`&amp;",
  "{{scripts}}<!--", "a\u2028b\u2029c\u202Ed", "x/".repeat(40), "javascript:window.broken=4//", "%3Cb%3E|%00", "<svg/onload=window.broken=5>", "名前 модель 🦀", "__proto__",
];
