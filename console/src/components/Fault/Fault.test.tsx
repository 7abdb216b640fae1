import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { ApiError } from "../../api/client";
import { Fault } from "./Fault";

test("a refusal names the request", () => {
  render(<Fault error={new ApiError(503, "service.unavailable", "the database does not answer", "abcd-1234", 1)} />);
  expect(screen.getByRole("alert").textContent).toBe("This can't be shownthe database does not answerrequest abcd-1234");
});
