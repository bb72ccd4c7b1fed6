"""The limit of the form door: a plain FastAPI route that validates the payload and returns."""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Submission(BaseModel):
    email: str
    name: str | None = None
    subject: str | None = None
    message: str
    submission_id: str | None = None
    tier: str | None = None


class Answer(BaseModel):
    message: str
    duplicate: bool


app = FastAPI()


@app.post("/in/forms/{key}", status_code=201)
async def submit(key: str, submission: Submission) -> Answer:
    return Answer(message=key + submission.email, duplicate=False)


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
    )
