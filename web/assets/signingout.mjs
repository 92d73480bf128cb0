// Goes on after a while at the latest. The page's own refresh waits until every frame has
// loaded, and an application that does not answer would keep the person here.
const link = document.getElementById("continue");
setTimeout(() => location.assign(link.href), 5000);
