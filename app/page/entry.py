"""What `streamlit run` executes: pages run as `__main__`, so the imports are absolute."""

from sota_rag.app.page.main import main  # pyright: ignore[reportMissingImports]

main()
