import { expect, test } from "vitest";
import { cleanMail } from "./clean";

const text = (html: string) => {
  const { head, body, remote } = cleanMail(html, window);
  const holder = document.createElement("div");
  holder.append(...[...head, ...body].map((node) => node.cloneNode(true)));
  return `${holder.innerHTML.trim()} ${remote}`;
};

test("nothing of a hostile mail runs, asks or leads away", () => {
  const cases: [string, string][] = [
    ["<p>hello</p>", "<p>hello</p> 0"],
    ["<script>x()</script><p onclick=x()>a</p>", "<p>a</p> 0"],
    ['<img src="https://t.example/p.gif" onerror=x()>', "<img> 1"],
    ['<img src="data:image/png;base64,AAAA">', '<img src="data:image/png;base64,AAAA"> 0'],
    ['<img src="data:image/svg+xml,<svg onload=x()>">', "<img> 0"],
    ['<img srcset="//t.example/a 1x">', "<img> 1"],
    ['<a href="https://phish.example/">bank</a>', '<a title="https://phish.example/">bank</a> 0'],
    ['<a href="javascript:x()">a</a>', "<a>a</a> 0"],
    ["<form action=/x><input name=p><button>go</button></form>", "go 0"],
    ["<svg><script>x()</script><image href='https://t.example/'/></svg>", " 0"],
    ["<math><mtext><style><img src onerror=x()></style></mtext></math>", " 0"],
    ["<link rel=preconnect href=https://t.example><meta http-equiv=refresh content='0;url=https://t.example'>", " 0"],
    ["<iframe src=https://t.example></iframe><object data=https://t.example></object><embed src=x>", " 0"],
    ["<p style=\"background:url('https://t.example/a')\">a</p>", '<p style="background:none">a</p> 1'],
    ["<p style=\"background:u\\72l(https://t.example/a)\">a</p>", '<p style="background:u72l(https://t.example/a)">a</p> 0'],
    ["<p style=\"background:image-set('data:image/png;base64,AAAA' 1x, 'https://t.example/a' 2x)\">a</p>", '<p style="background:none">a</p> 1'],
    ["<table background=https://t.example/a><tr><td>a</td></tr></table>", "<table><tbody><tr><td>a</td></tr></tbody></table> 1"],
  ];
  for (const [html, clean] of cases) expect(text(html), html).toBe(clean);
});

test("a mail keeps its own styles, without what they would fetch", () => {
  expect(text("<html><head><style>@import 'https://t.example/a.css'; p { color: red; background: url(https://t.example/b) }</style></head><body><p>a</p></body></html>")).toBe(
    "<style>  p { color: red; background: none }</style><p>a</p> 2",
  );
  const joined = "<html><head><style>@@import 'a';import 'https://t.example/b'; p { color: red }</style></head><body><p>a</p></body></html>";
  expect(text(joined)).toBe("<style>@ import 'https://t.example/b'; p { color: red }</style><p>a</p> 1");
});

test("a picture that came with the mail is shown by an address of ours, and by no other", () => {
  const pictures = new Map([["a@b", "data:image/png;base64,AAAA"]]);
  const cleaned = (html: string) => {
    const { body, missing } = cleanMail(html, window, pictures);
    const holder = document.createElement("div");
    holder.append(...body.map((node) => node.cloneNode(true)));
    return `${holder.innerHTML} ${missing}`;
  };
  expect(cleaned('<img src="cid:a%40b" alt="chart">')).toBe('<img alt="chart" src="data:image/png;base64,AAAA"> 0');
  expect(cleaned('<img src="cid:gone">')).toBe("<img> 1");
  expect(cleaned('<table background="cid:a@b"><tbody><tr><td>a</td></tr></tbody></table>')).toBe("<table><tbody><tr><td>a</td></tr></tbody></table> 1");
});
