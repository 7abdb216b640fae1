import { expect, test } from "vitest";
import { detailsOf, withExamples } from "./personal";

const CASES: [url: string, made: string][] = [
  ["https://shop.example/u/anna.smith", "https://shop.example/u/person1"],
  ["https://shop.example/u/Anna.Smith?tab=1", "https://shop.example/u/person1?tab=1"],
  ["https://shop.example/?user=anna.smith&x=1#anna.smith", "https://shop.example/?user=person1&x=1#person1"],
  ["https://shop.example/u/anna%2Esmith", "https://shop.example/u/person1"],
  ["https://shop.example/%61nna.smith/orders", "https://shop.example/person1/orders"],
  ["https://shop.example/@anna.smith", "https://shop.example/@person1"],
  ["https://shop.example/~anna.smith/", "https://shop.example/~person1/"],
  ["https://shop.example/faces/anna.smith.png", "https://shop.example/faces/person1.png"],
  ["shop.example/u/anna.smith", "shop.example/u/person1"],
  ["see https://shop.example/u/anna.smith.", "see https://shop.example/u/person1."],
  ["(https://shop.example/u/anna.smith)", "(https://shop.example/u/person1)"],
  ["https://shop.example/?next=https%3A%2F%2Fshop.example%2Fu%2Fanna.smith", "https://shop.example/?next=https%3A%2F%2Fshop.example%2Fu%2Fperson1"],
  ["mailto:anna.smith@mail.example?subject=anna.smith", "mailto:person1@mail.example?subject=person1"],
  ["mailto:anna%2Esmith%40mail.example", "mailto:person1%40mail.example"],
  ["https://shop.example/u?e=anna.smith%40mail.example", "https://shop.example/u?e=person1%40mail.example"],
  ["https://anna.smith@mail.example/x", "https://person1@mail.example/x"],
  // Names, as URLs have them.
  ["https://shop.example/lee-wong", "https://shop.example/alex-miller"],
  ["https://shop.example/?n=Wong+Lee", "https://shop.example/?n=Alex+Miller"],
  ["https://shop.example/?n=Lee%20Wong", "https://shop.example/?n=Alex%20Miller"],
  ["https://shop.example/?n=hello%20Lee%20Wong%21", "https://shop.example/?n=hello%20Alex%20Miller!"],
  ["https://shop.example/LeeWong", "https://shop.example/AlexMiller"],
  ["tel:0171/1234567", "tel:1234/5678912"],
  // What is no URL, or no part of one, stays.
  ["anna.smith", "anna.smith"],
  ["https://shop.example/anna.smithson", "https://shop.example/anna.smithson"],
  ["https://shop.example/%zz/anna.smith", "https://shop.example/%zz/person1"],
  ["https://anna.smith.example/", "https://anna.smith.example/"],
];

test.each(CASES)("%s", (url, made) => {
  const mail = { from: "Lee Wong <anna.smith@mail.example>", subject: "0171/1234567", text: url };
  const details = detailsOf(mail, "").filter((one) => one.kind !== "domain");
  expect(withExamples(mail, details).text).toBe(made);
});

test("links of HTML are URLs, whole or not", () => {
  const mail = { from: "anna.smith@mail.example", html: '<a href="/u/anna.smith">x</a><a href=/u/anna.smith>y</a><img src="https://shop.example/?a=1&amp;u=anna.smith">' };
  expect(withExamples(mail, detailsOf(mail, "")).html).toBe('<a href="/u/person1">x</a><a href=/u/person1>y</a><img src="https://shop.example/?a=1&amp;u=person1">');
});

test("a tag after a plus is no other person", () => {
  const mail = { from: "anna.smith+shop@mail.example", text: "https://shop.example/u/anna.smith https://shop.example/u/anna.smith+shop https://shop.example/u/anna.smith%2Bshop" };
  expect(withExamples(mail, detailsOf(mail, "")).text).toBe("https://shop.example/u/person1 https://shop.example/u/person1 https://shop.example/u/person1");
});

test("what is to stay stays in URLs, too", () => {
  const mail = { from: "Lee Wong <anna.smith@mail.example>", text: "https://shop.example/u/anna.smith" };
  expect(withExamples(mail, detailsOf(mail, "").filter((one) => one.kind === "name")).text).toBe(mail.text);
});
