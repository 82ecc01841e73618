"""Reports in one HTML file each: no network, no script from elsewhere, plots as inline SVG.

    write_report([run], Path("report.html"))
    write_history(read_history([Path("eval/results")]), Path("history.html"))

matplotlib and Jinja2 (extra `eval`) are imported when a report is written.
"""

from .write import write_history, write_report

__all__ = ["write_history", "write_report"]
