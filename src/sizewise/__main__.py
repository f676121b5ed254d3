"""`python -m sizewise`."""

from sizewise.cli.main import program

if __name__ == "__main__":
    program()
